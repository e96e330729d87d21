import { createToyTables, ToyApp } from '../../../test/support/toy-app.js';
import { CountCommand, GetCounterQuery } from '../../../test/support/toys.js';
import { withOwner } from '../database/prepare.js';
import { MessageContext } from '../messages/message-context.js';
import { newId } from '../messages/ids.js';
import { ProjectionRebuild } from '../projections/projection-rebuild.js';
import { ConsistencyTokens } from '../queries/consistency-token.js';
import { freshDatabase, type FreshDatabase } from '../testing/databases.js';
import { settled } from '../testing/settled.js';
import { LogEpoch } from './epoch.js';

let db: FreshDatabase;

beforeAll(async () => {
  db = await freshDatabase(import.meta.url);
  await createToyTables(db);
});
afterAll(() => db.drop());

/** As if the cluster were another one now, such as after a restore. */
const onAnotherCluster = (): Promise<unknown> =>
  withOwner(db.url, (client) => client.query(`UPDATE kernel.epochs SET system_identifier = 'the one before'`));
const epochs = (toy: ToyApp): Promise<{ epoch: string; reason: string }[]> =>
  toy.rows('SELECT epoch, reason FROM kernel.epochs ORDER BY started_at');

describe('the epoch of the log', () => {
  it('is the same for processes that start at once on a new database, and for later ones', async () => {
    const opened = await Promise.all(Array.from({ length: 8 }, () => new LogEpoch(db.pools).open()));
    expect(new Set(opened).size).toBe(1);
    const later = await ToyApp.start(db);
    expect(later.get(LogEpoch).current).toBe(opened[0]);
    expect(await epochs(later)).toEqual([{ epoch: opened[0], reason: 'first start' }]);
    await later.close();
  });

  it('is a new one, once and said loudly, when the cluster is another; older tokens are of an unknown epoch then', async () => {
    const id = newId();
    const before = await ToyApp.start(db);
    const written = new MessageContext();
    await before.run(new CountCommand(id, 1), written);
    await settled(before.app);
    const token = before.get(ConsistencyTokens).forEvent(written.outcome.lastEventId!);
    await before.close();
    await onAnotherCluster();

    const restarted = await Promise.all([ToyApp.start(db), ToyApp.start(db)]);
    expect(new Set(restarted.map((toy) => toy.get(LogEpoch).current)).size).toBe(1);
    const [after, other] = restarted;
    expect((await epochs(after)).map(({ reason }) => reason)).toEqual(['first start', 'other cluster or timeline']);
    expect(restarted.flatMap(({ said }) => said).join('\n')).toContain('This database was restored or failed over');

    const reading = new MessageContext({ consistency: { token, waitMs: 0, strict: true } });
    expect(await after.ask(new GetCounterQuery(id), reading)).toEqual({ total: 1 });
    expect(reading.outcome).toMatchObject({ unknownEpoch: true, readToken: expect.any(String) });
    const again = { token: reading.outcome.readToken!, waitMs: 0, strict: true };
    const known = new MessageContext({ consistency: again });
    expect(await after.ask(new GetCounterQuery(id), known)).toEqual({ total: 1 });
    expect(known.outcome.unknownEpoch).toBeUndefined();
    await other.close();
    await after.close();
  });

  it('lets a view that has seen a lost event stand still, says so, and starts it anew by a rebuild', async () => {
    const id = newId();
    const before = await ToyApp.start(db);
    await before.run(new CountCommand(id, 1));
    await settled(before.app);
    await before.close();
    await onAnotherCluster();
    await withOwner(db.url, (client) => client.query('UPDATE kernel.checkpoints SET event_id = event_id + 1000000'));

    const after = await ToyApp.start(db);
    expect(after.said.join('\n')).toContain(
      'It stands still until you run: npm run waybill -- rebuild toy.counter-search',
    );
    await after.run(new CountCommand(id, 1));
    expect(await after.rows(`SELECT status FROM kernel.subscriptions WHERE name = 'toy.counter-search'`)).toEqual([
      { status: 'diverged' },
    ]);
    await after.get(ProjectionRebuild).rebuild('toy.counter-search');
    await after.close();

    const rebuilt = await ToyApp.start(db);
    await settled(rebuilt.app);
    expect(await rebuilt.ask(new GetCounterQuery(id))).toEqual({ total: 2 });
    await rebuilt.close();
  });
});
