import { createToyTables, poolsOf, ToyApp } from '../../../test/support/toy-app.js';
import { Box, Boxes, CountCommand, Counted, Counters, LimitReached, streamOf } from '../../../test/support/toys.js';
import { TcpProxy } from '../../../test/support/tcp-proxy.js';
import { withOwner } from '../../platform/database/prepare.js';
import { newId } from '../messages/ids.js';
import { MessageContext } from '../messages/message-context.js';
import { freshDatabase, type FreshDatabase } from '../../platform/testing/databases.js';
import { until } from '../testing/until.js';
import { commitWork } from './commit-statement.js';

/** What of a commit's message the proxy looks for: the statement's name or text, or the end of a real transaction. */
let oneStatement: string;
const TRANSACTION = 'COMMIT';

let db: FreshDatabase;
let proxy: TcpProxy;
let toy: ToyApp;

beforeAll(async () => {
  db = await freshDatabase(import.meta.url);
  await createToyTables(db);
  oneStatement = db.configuration.database.statementNames ? 'kernel_commit_' : 'kernel.commit(';
  const { hostname, port } = new URL(db.appUrl);
  proxy = await TcpProxy.to({ host: hostname, port: Number(port) });
  // One connection, by the proxy: whoever looks a lost commit up needs a new one. The client gives up 2 s after this.
  const settings = { poolSize: 1, statementTimeoutMs: 100 };
  toy = await ToyApp.start(db, { pools: poolsOf(db, settings, { app: { url: proxy.through(db.appUrl) } }) });
});
afterAll(async () => {
  await toy.close();
  await proxy.close();
  await db.drop();
});

const keyed = (key: string): MessageContext =>
  new MessageContext({ idempotency: { key, operation: 'POST /counters', fingerprint: 'f' } });
const byKernel = (): MessageContext => new MessageContext();
/** Counted by another connection than the application's. */
const effects = async (stream: string): Promise<number> =>
  (await db.pools.worker.query('SELECT FROM kernel.events WHERE stream_id = $1', [stream])).rowCount!;

describe('a commit whose answer is lost', () => {
  it.each(['silence', 'reset', 'cut'] as const)('is found by its key, and not made again (%s)', async (fault) => {
    const id = newId();
    await toy.run(new CountCommand(id, 1));
    const lost = proxy.swallowAnswerTo(oneStatement, fault);
    const context = keyed(id);
    expect(await toy.run(new CountCommand(id, 5), context)).toEqual({ version: 2, total: 6 });
    await lost;
    expect(await effects(streamOf(id))).toBe(2);
    expect(context.outcome.lastEvent).toEqual({ id: expect.any(Number), eventId: expect.any(String) });
  });

  it('is found as well when the command came without a key', async () => {
    const id = newId();
    const lost = proxy.swallowAnswerTo(oneStatement, 'reset');
    expect(await toy.run(new CountCommand(id, 5))).toEqual({ version: 1, total: 5 });
    await lost;
    expect(await effects(streamOf(id))).toBe(1);
  });

  it('is found as well when it ended a real transaction', async () => {
    const id = newId();
    const lost = proxy.swallowAnswerTo(TRANSACTION, 'reset');
    const handler = async (): Promise<number> => {
      const box = new Box(id);
      box.count(5);
      return toy.get(Boxes).save(box);
    };
    expect(await toy.inCommand(handler, keyed(id))).toBe(1);
    await lost;
    expect(await effects(`toy.box:${id}`)).toBe(1);
    expect(await toy.rows('SELECT total FROM toy.boxes WHERE id = $1', id)).toEqual([{ total: 5 }]);
  });

  it('is found when it stored a refusal', async () => {
    const id = newId();
    const lost = proxy.swallowAnswerTo(oneStatement, 'reset');
    const refused = { code: 'toy.limit-reached', message: 'A counter ends at 1000. Clear it first.' };
    await expect(toy.run(new CountCommand(id, 5_000), keyed(id))).rejects.toMatchObject(refused);
    await lost;
    await expect(toy.run(new CountCommand(id, 1), keyed(id))).rejects.toMatchObject(refused);
  });

  it('is called unknown when the database is out of reach; the same key gives the answer later', async () => {
    const id = newId();
    await toy.run(new CountCommand(id, 1));
    const lost = proxy.swallowAnswerTo(oneStatement, 'reset');
    proxy.refuseNew(true);
    await expect(toy.run(new CountCommand(id, 5), keyed(id))).rejects.toMatchObject({ code: 'outcome-unknown' });
    await lost;
    proxy.refuseNew(false);
    expect(await toy.run(new CountCommand(id, 5), keyed(id))).toEqual({ version: 2, total: 6 });
    expect(await effects(streamOf(id))).toBe(2);
  });

  it.each([
    ['a key', keyed],
    ['no key', byKernel],
  ])(
    'and that lands after it was looked up in vain has its effect once, and is answered as it was made (%s)',
    async (_, context) => {
      const id = newId();
      await toy.run(new CountCommand(id, 1));
      const answer = await withOwner(db.url, async (other) => {
        await other.query('BEGIN');
        await other.query('SELECT kernel.lock_stream($1, $2)', ['default', streamOf(id)]);
        void proxy.swallowAnswerTo(oneStatement, 'cut');
        let tries = 0;
        const onlyOnce = async (): Promise<string> => {
          tries += 1;
          if (tries === 2) {
            // Looked up in vain by now, since the commit waits for the stream. It lands before this try loads.
            await other.query('COMMIT');
            await until('the first commit lands', async () => (await effects(streamOf(id))) === 2);
          }
          const counter = await toy.get(Counters).load(id);
          if (counter.total > 1) throw new LimitReached(1);
          counter.count(5);
          await toy.get(Counters).save(counter);
          return `made by try ${tries}`;
        };
        return toy.inCommand(onlyOnce, context(id));
      });
      expect(answer).toBe('made by try 1');
      expect(await effects(streamOf(id))).toBe(2);
    },
  );
});

describe('the control: a client that takes a lost answer for a failure', () => {
  it('doubles the effect', async () => {
    const id = newId();
    const commit = (): Promise<unknown> => {
      const stream = { tenant: 'default', stream: streamOf(id), mode: 'any', count: 1 };
      const key = { tenant: 'default', principal: 'p', operation: 'o', key: newId(), kind: 'client' };
      const answer = { commandId: newId(), outcome: 'result', body: '1' };
      const event = {
        ...stream,
        offset: 1,
        last: true,
        id: newId(),
        name: 'toy.counted',
        schema: 1,
        data: new Counted(id, 1),
      };
      const work = { keys: [{ ...key, ...answer }], streams: [stream], uniques: [], events: [{ ...event, meta: {} }] };
      return commitWork(toy.pools.app, work, new Map());
    };
    void proxy.swallowAnswerTo(oneStatement, 'reset');
    await commit().catch(commit);
    expect(await effects(streamOf(id))).toBe(2);
  });
});
