import { Client } from 'pg';
import { createToyTables, ToyApp } from '../../../test/support/toy-app.js';
import { Counter, Counters, CountCommand, Noticed, streamOf } from '../../../test/support/toys.js';
import { CommandBus, EventBus } from '@nestjs/cqrs';
import { newId } from '../messages/ids.js';
import { freshDatabase, type FreshDatabase } from '../../platform/testing/databases.js';
import { until } from '../testing/until.js';
import { EventStreams } from './event-streams.js';

let db: FreshDatabase;
let toy: ToyApp;

beforeAll(async () => {
  db = await freshDatabase(import.meta.url);
  await createToyTables(db);
  toy = await ToyApp.start(db, { kernel: { runSubscriptions: false } });
});
afterAll(async () => {
  await toy.close();
  await db.drop();
});

/** Runs `late` while the commit of the command that started it waits for the lock of a stream. */
async function duringTheCommit(late: () => unknown): Promise<unknown> {
  const id = newId();
  await toy.run(new CountCommand(id, 1));
  const holder = new Client({ connectionString: db.url });
  await holder.connect();
  await holder.query('BEGIN');
  await holder.query('SELECT FROM kernel.streams WHERE stream_id = $1 FOR UPDATE', [streamOf(id)]);
  let open = (): void => undefined;
  const isCommitting = new Promise<void>((resolve) => (open = resolve));
  let outcome: Promise<unknown> = Promise.resolve();
  const command = toy.inCommand(async () => {
    outcome = isCommitting.then(late);
    outcome.catch(() => undefined);
    const counter = await toy.get(Counters).load(id);
    counter.count(1);
    await toy.get(Counters).save(counter);
  });
  await until('the commit waits', async () => {
    const { rowCount } = await holder.query(
      'SELECT FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid))',
    );
    return rowCount !== 0;
  });
  open();
  await Promise.allSettled([outcome]);
  await holder.query('COMMIT');
  await holder.end();
  await command;
  return outcome;
}

const counted = (): Counter => {
  const counter = new Counter(newId());
  counter.count(1);
  return counter;
};

describe('what a handler started and did not await', () => {
  it.each<[string, () => unknown]>([
    ['saving an aggregate', () => toy.get(Counters).save(counted())],
    ['appending events', () => toy.get(EventStreams).append({ stream: 'toy.other:x', events: [new Noticed('x')] })],
    ['publishing an event', () => toy.get(EventBus).publish(new Noticed('x'))],
    ['executing a command', () => toy.get(CommandBus).execute(new CountCommand(newId(), 1))],
  ])('is refused while its command is being committed, because it would be lost: %s', async (_, late) => {
    await expect(duringTheCommit(late)).rejects.toThrow('came after its command had ended');
  });
});
