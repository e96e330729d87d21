import { createToyTables, poolsOf, ToyApp } from '../../../test/support/toy-app.js';
import { CountCommand, GetCounterQuery } from '../../../test/support/toys.js';
import { withOwner } from '../../platform/database/prepare.js';
import { MessageContext } from '../messages/message-context.js';
import { newId } from '../messages/ids.js';
import { ProjectionRebuild } from '../projections/projection-rebuild.js';
import { ConsistencyTokens } from '../consistency/consistency-token.js';
import { SubscriptionProgress } from '../subscriptions/subscription-progress.js';
import { freshDatabase, type FreshDatabase } from '../../platform/testing/databases.js';
import { eventually } from '../testing/eventually.js';
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
  withOwner(db.url, (client) => client.query(`UPDATE kernel.epochs SET identity = 'the one before'`));
/** A copy of the database in its place, as after a restore; whoever was connected to the old one has to connect anew. */
async function replaceDatabase(): Promise<void> {
  const server = new URL(db.direct.url);
  const name = server.pathname.slice(1);
  server.pathname = '/postgres';
  await withOwner(server.toString(), async (client) => {
    await client.query(`ALTER DATABASE ${name} ALLOW_CONNECTIONS false`);
    await client.query('SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = $1', [name]);
    await client.query(`ALTER DATABASE ${name} RENAME TO ${name}_old`);
    await client.query(`CREATE DATABASE ${name} TEMPLATE ${name}_old STRATEGY file_copy`);
    await client.query(`DROP DATABASE ${name}_old`);
  });
}
const epochs = (toy: ToyApp): Promise<{ epoch: string; reason: string }[]> =>
  toy.rows('SELECT epoch, reason FROM kernel.epochs ORDER BY id');

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
    const token = before.get(ConsistencyTokens).forEvent(written.outcome.lastEvent!);
    await before.close();
    await onAnotherCluster();

    const restarted = await Promise.all([ToyApp.start(db), ToyApp.start(db)]);
    expect(new Set(restarted.map((toy) => toy.get(LogEpoch).current)).size).toBe(1);
    const [after, other] = restarted;
    expect((await epochs(after)).map(({ reason }) => reason)).toEqual([
      'first start',
      'other cluster, timeline or database',
    ]);
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

  it('is a new one as soon as a running process connects to another database of the same name', async () => {
    const toy = await ToyApp.start(db, { pools: poolsOf(db, {}, db.direct.logins) });
    const id = newId();
    await toy.run(new CountCommand(id, 1));
    await settled(toy.app);
    const known = toy.get(LogEpoch).current;
    await replaceDatabase();
    await eventually(async () => expect(await toy.run(new CountCommand(newId(), 1))).toMatchObject({ total: 1 }));
    expect(toy.get(LogEpoch).current).not.toBe(known);
    expect((await epochs(toy)).at(-1)).toEqual({
      epoch: toy.get(LogEpoch).current,
      reason: 'other cluster, timeline or database',
    });
    await toy.close();
  });

  describe('that another process has begun', () => {
    let reader: ToyApp;
    let token: string;
    beforeEach(async () => {
      reader = await ToyApp.start(db, { kernel: { runSubscriptions: false } });
      const context = new MessageContext();
      await reader.run(new CountCommand(newId(), 1), context);
      token = reader.get(ConsistencyTokens).forEvent(context.outcome.lastEvent!);
    });
    afterEach(() => reader.close());

    const begin = async (): Promise<string> => {
      const elsewhere = new LogEpoch(db.pools);
      await elsewhere.open();
      return (await elsewhere.begin('restored')).epoch;
    };
    const reading = (): MessageContext => new MessageContext({ consistency: { token, waitMs: 1_000, strict: true } });

    it('is followed by one that only reads: a token of before is of an unknown epoch at once', async () => {
      const epoch = await begin();
      const context = reading();
      await reader.ask(new GetCounterQuery('any'), context);
      expect(context.outcome).toMatchObject({ unknownEpoch: true });
      expect(reader.get(ConsistencyTokens).parse(context.outcome.readToken!).epoch).toBe(epoch);
    });

    it('ends a wait that began before it: what was waited for may be lost', async () => {
      const progress = reader.get(SubscriptionProgress);
      const onProgress = progress.onProgress.bind(progress);
      const waits = new Promise<void>((resolve) => {
        progress.onProgress = (listener) => {
          resolve();
          return onProgress(listener);
        };
      });
      const context = reading();
      const answered = reader.ask(new GetCounterQuery('any'), context);
      await waits;
      await begin();
      await answered;
      expect(context.outcome).toMatchObject({ unknownEpoch: true });
    });
  });

  it('lets a view that has seen a lost event stand still, says so, and starts it anew by a rebuild', async () => {
    const id = newId();
    const before = await ToyApp.start(db);
    await before.run(new CountCommand(id, 1));
    await settled(before.app);
    await before.close();
    await onAnotherCluster();
    await withOwner(db.url, (client) => client.query('UPDATE kernel.checkpoints SET event_id = gen_random_uuid()'));

    const after = await ToyApp.start(db);
    expect(after.said.join('\n')).toContain(
      'It is stopped until you run: npm run waybill -- rebuild toy.counter-search',
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
