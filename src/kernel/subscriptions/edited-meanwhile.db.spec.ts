import { EventsHandler, type IEventHandler } from '@nestjs/cqrs';
import { CountCommand, Counted, Counters, CountHandler, Noticed, streamOf } from '../../../test/support/toys.js';
import { createToyTables, ToyApp } from '../../../test/support/toy-app.js';
import { EventStreams } from '../commands/event-streams.js';
import { newId } from '../messages/ids.js';
import { freshDatabase, type FreshDatabase } from '../../platform/testing/databases.js';
import { eventually } from '../testing/eventually.js';
import { until } from '../testing/until.js';
import { DeadLetters } from './dead-letters.js';
import { Subscription } from './subscription.decorator.js';

/** Where a try stands still until the spec lets it end. */
interface Gate {
  arrived: number;
  readonly opened: Promise<'succeed' | 'fail'>;
  open(how: 'succeed' | 'fail'): void;
}

/** What each counter's tries do. Without an entry, they succeed at once. */
const plans = new Map<string, 'fail' | Gate>();

/** Notes what it took. */
@EventsHandler(Counted)
@Subscription('toy.slow', { startFrom: 'beginning', partitions: 1 })
class SlowWhenCounted implements IEventHandler<Counted> {
  constructor(private readonly streams: EventStreams) {}

  async handle({ counterId, by }: Counted): Promise<void> {
    const plan = plans.get(counterId);
    this.streams.append({ stream: `toy.taken:${counterId}`, events: [new Noticed(String(by))] });
    if (plan === undefined) return;
    if (plan !== 'fail') plan.arrived += 1;
    if ((plan === 'fail' ? plan : await plan.opened) === 'fail') throw new Error(`I don't take ${by}.`);
  }
}

let db: FreshDatabase;
let toy: ToyApp;
let letters: DeadLetters;

beforeAll(async () => {
  db = await freshDatabase(import.meta.url);
  await createToyTables(db);
  toy = await ToyApp.start(db, { parts: { providers: [Counters, CountHandler, SlowWhenCounted] } });
  letters = toy.get(DeadLetters);
});
afterAll(async () => {
  await toy.close();
  await db.drop();
});

const ada = { by: { id: 'ada' } };
const taken = async (id: string): Promise<string[]> =>
  (await toy.events(`toy.taken:${id}`)).map(({ data }) => (data as Noticed).what);
const failed = (id: string) => letters.find({ subscription: 'toy.slow', key: streamOf(id) });

function gate(): Gate {
  let open!: Gate['open'];
  const opened = new Promise<'succeed' | 'fail'>((resolve) => (open = resolve));
  return { arrived: 0, opened, open };
}

/** A failed event of which the last try is under way, with the data of the log. */
async function tryUnderWay(): Promise<{ id: string; letter: number; gate: Gate }> {
  const id = newId();
  plans.set(id, 'fail');
  await toy.run(new CountCommand(id, 1));
  await eventually(async () => expect(await failed(id)).toHaveLength(1));
  const [letter] = await failed(id);
  const closed = gate();
  plans.set(id, closed);
  await toy.rows(
    'UPDATE kernel.failed_events SET attempts = 9, next_try_at = clock_timestamp() WHERE id = $1',
    letter!.id,
  );
  await until('the try is under way', () => closed.arrived === 1);
  return { id, letter: letter!.id, gate: closed };
}

describe('an edit while a try with the old data is under way', () => {
  it('wins over a try that succeeds: only the new data take effect', async () => {
    const { id, letter, gate: closed } = await tryUnderWay();
    await letters.editAndRetry(letter, { counterId: id, by: 2, kind: 'plain' }, ada);
    plans.delete(id);
    closed.open('succeed');
    await eventually(async () => expect(await failed(id)).toEqual([]));
    expect(await taken(id)).toEqual(['2']);
  });

  it('wins over a try that fails: the new data are tried, with their tries counted anew', async () => {
    const { id, letter, gate: closed } = await tryUnderWay();
    await letters.editAndRetry(letter, { counterId: id, by: 2, kind: 'plain' }, ada);
    expect(await failed(id)).toMatchObject([{ state: 'retrying', attempts: 0, isEdited: true }]);
    plans.delete(id);
    closed.open('fail');
    await eventually(async () => expect(await failed(id)).toEqual([]));
    expect(await taken(id)).toEqual(['2']);
  });
});

describe('a retry while the last try is under way', () => {
  it("isn't undone by its failure: the event is tried again", async () => {
    const { id, gate: closed } = await tryUnderWay();
    await letters.retry({ subscription: 'toy.slow', key: streamOf(id) }, ada);
    plans.delete(id);
    closed.open('fail');
    await eventually(async () => expect(await failed(id)).toEqual([]));
    expect(await taken(id)).toEqual(['1']);
  });
});

describe('a failed event that is discarded while a try is under way', () => {
  it('takes no effect, and its subscription goes on', async () => {
    const { id, letter, gate: closed } = await tryUnderWay();
    await letters.discard(letter, { ...ada, reason: 'spam' });
    plans.delete(id);
    closed.open('succeed');
    await toy.run(new CountCommand(id, 3));
    await eventually(async () => expect(await taken(id)).toEqual(['3']));
    expect(toy.said.filter((text) => text.includes('another replica'))).toEqual([]);
  });
});

describe('a failed event that takes effect in the very moment', () => {
  it.each([
    ['edited', (letter: number) => letters.editAndRetry(letter, { by: 2 }, ada)],
    ['discarded', (letter: number) => letters.discard(letter, { ...ada, reason: 'late' })],
  ])('can not be %s any more, and nothing is said to have been', async (_, act) => {
    const { id, letter, gate: closed } = await tryUnderWay();
    const settling = await toy.pools.app.connect();
    await settling.query('BEGIN');
    await settling.query('SELECT FROM kernel.failed_events WHERE id = $1 FOR UPDATE', [letter]);
    const late = act(letter).then(
      () => 'done',
      ({ code }: { code: string }) => code,
    );
    await until('the act waits for the row', async () => {
      const waiting = await toy.rows(
        `SELECT FROM pg_locks WHERE NOT granted AND locktype IN ('transactionid', 'tuple')`,
      );
      return waiting.length > 0;
    });
    await settling.query('DELETE FROM kernel.failed_events WHERE id = $1', [letter]);
    await settling.query('COMMIT');
    settling.release();
    expect(await late).toBe('dead-letter-unknown');
    plans.delete(id);
    closed.open('succeed');
    expect(await toy.rows(`SELECT FROM kernel.audit WHERE detail::text LIKE $1`, `%${id}%`)).toEqual([]);
  });
});
