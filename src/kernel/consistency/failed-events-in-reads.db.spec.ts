import { CommandBus, type IQuery } from '@nestjs/cqrs';
import { repartition } from '../../../test/support/repartition.js';
import { createToyTables, ToyApp } from '../../../test/support/toy-app.js';
import { CountCommand, GetCounterQuery, GetKindTotalQuery, ListCountersQuery } from '../../../test/support/toys.js';
import { withOwner } from '../../platform/database/prepare.js';
import { MessageContext, type ConsistencyRequest, type MessageOutcome } from '../messages/message-context.js';
import { newId } from '../messages/ids.js';
import { DeadLetters } from '../subscriptions/dead-letters.js';
import { partitionOf } from '../subscriptions/partition-of.js';
import { freshDatabase, type FreshDatabase } from '../../platform/testing/databases.js';
import { settled } from '../testing/settled.js';
import { until } from '../testing/until.js';
import { ConsistencyTokens } from './consistency-token.js';
import { ViewConsistency } from './view-consistency.js';

const SEARCH = 'toy.counter-search';
/** No row of the view may count this: an event that can't take effect. */
const UNLUCKY = 13;
const ada = { by: { id: 'ada' } };

let db: FreshDatabase;
/** Runs the subscriptions. */
let toy: ToyApp;
/** Another process, which only answers. */
let api: ToyApp;

async function begin(): Promise<void> {
  db = await freshDatabase(import.meta.url);
  await createToyTables(db, `ALTER TABLE toy_read.counter_search ADD CHECK (total <> ${UNLUCKY});`);
  api = await ToyApp.start(db, { kernel: { runSubscriptions: false } });
}
async function end(): Promise<void> {
  await toy.close();
  await api.close();
  await db.drop();
}

/** A command, and the token that its caller gets. */
async function counted(id: string, by: number): Promise<string> {
  const context = new MessageContext();
  await api.run(new CountCommand(id, by), context);
  return api.get(ConsistencyTokens).forEvent(context.outcome.lastEvent!);
}

/** What a caller is told beside the answer. */
async function told(by: ToyApp, query: IQuery, wish: Partial<ConsistencyRequest> = {}): Promise<MessageOutcome> {
  const context = new MessageContext({ consistency: { token: undefined, waitMs: 5_000, strict: false, ...wish } });
  await by.ask(query, context);
  return context.outcome;
}

describe('a read of a view that has failed events', () => {
  beforeAll(async () => {
    await begin();
    toy = await ToyApp.start(db);
  });
  afterAll(end);

  /** Each ends without failed events. */
  afterEach(async () => {
    for (const { id } of await toy.get(DeadLetters).find({ subscription: SEARCH, heads: true }))
      await toy.get(DeadLetters).discard(id, { ...ada, reason: 'next test' });
    await until('nothing has failed', async () => (await toy.get(DeadLetters).find({})).length === 0);
    await until('readers see that', async () => (await told(api, new ListCountersQuery())).failed === undefined);
  });

  it('says so for the row that is asked for, for lists and for totals, and for no other row', async () => {
    const [bad, good] = [newId(), newId()];
    await counted(bad, UNLUCKY);
    const token = await counted(good, 1);
    const retrying = { retrying: 1, waiting: 0, deadLettered: 0 };
    for (const app of [toy, api]) {
      expect(await told(app, new GetCounterQuery(bad), { token })).toMatchObject({ failed: retrying });
      expect(await told(app, new ListCountersQuery(), { token })).toMatchObject({ failed: retrying });
      expect(await told(app, new GetKindTotalQuery('plain'), { token })).toMatchObject({ failed: retrying });
      expect(await told(app, new GetCounterQuery(good), { token, strict: true })).not.toHaveProperty('failed');
    }
    await counted(bad, 2);
    const later = await counted(good, 1);
    // Again while a retry that has begun before puts its own state back.
    await until('the first event is dead-lettered and the second waits for it', async () => {
      await toy.rows(
        `UPDATE kernel.failed_events SET state = 'dead-lettered', next_try_at = NULL WHERE state = 'retrying'`,
      );
      const { failed } = await told(api, new GetCounterQuery(bad), { token: later });
      return failed?.retrying === 0 && failed.waiting === 1 && failed.deadLettered === 1;
    });
  });

  it('says so also without a token, and refuses who is strict', async () => {
    const bad = newId();
    await told(api, new ListCountersQuery(), { token: await counted(bad, UNLUCKY) });
    for (const query of [new GetCounterQuery(bad), new ListCountersQuery()]) {
      expect(await told(api, query)).toMatchObject({ failed: { retrying: 1 } });
      await expect(told(api, query, { strict: true })).rejects.toMatchObject({ code: 'projection-behind' });
    }
    expect(await told(api, new GetCounterQuery(newId()), { strict: true })).not.toHaveProperty('failed');
  });

  it('knows of a command whose last event has taken effect that another one of it has not', async () => {
    const [bad, good] = [newId(), newId()].toSorted();
    const context = new MessageContext();
    await api.inCommand(async () => {
      await api.get(CommandBus).execute(new CountCommand(bad!, UNLUCKY));
      await api.get(CommandBus).execute(new CountCommand(good!, 1));
    }, context);
    const next = new MessageContext();
    await api.run(new CountCommand(good!, 1), next);
    await told(api, new ListCountersQuery(), { token: api.get(ConsistencyTokens).forEvent(next.outcome.lastEvent!) });
    const isHeldBack = ({ outcome }: MessageContext) => api.get(ViewConsistency).hasFailed(outcome.lastEvent!);
    expect([await isHeldBack(context), await isHeldBack(next)]).toEqual([true, false]);
  });

  it('never takes a position that is beyond a failed event for the event', async () => {
    for (let n = 0; n < 10; n += 1) {
      const id = newId();
      const token = await counted(id, UNLUCKY);
      const outcome = await told(n % 2 === 0 ? toy : api, new GetCounterQuery(id), { token });
      expect({ failed: 0, behind: 0, ...outcome }).not.toMatchObject({ failed: 0, behind: 0 });
    }
  });

  it('costs no statement of its own where nothing has failed', async () => {
    await settled(toy.app);
    const statements: string[] = [];
    const pool = api.pools.query;
    const query = pool.query.bind(pool);
    Object.assign(pool, {
      query: (statement: { name?: string; text: string }) => {
        statements.push(statement.name ?? 'its own');
        return query(statement);
      },
    });
    const startedAt = Date.now();
    for (let n = 0; n < 100; n += 1) await told(api, new GetCounterQuery(newId()));
    const looks = Math.ceil((Date.now() - startedAt) / 20) + 1;
    Object.assign(pool, { query });
    expect(statements.filter((name) => name === 'its own')).toHaveLength(100);
    expect(new Set(statements)).toEqual(new Set(['its own', 'kernel_read_checkpoints']));
    expect(statements.length - 100).toBeLessThanOrEqual(looks);
  });
});

describe('a read by key, while another partition stands', () => {
  const [mine, other] = (() => {
    const ids = Array.from({ length: 100 }, newId);
    const here = ids.filter((id) => partitionOf(id, 8) !== 3);
    return [here[0]!, ids.find((id) => partitionOf(id, 8) === 3)!];
  })();

  beforeAll(async () => {
    await begin();
    // Somebody has this partition and does nothing.
    await withOwner(db.url, (client) =>
      client.query(
        `INSERT INTO kernel.leases VALUES ('${SEARCH}', 3, 'nobody', 1, clock_timestamp() + interval '14 seconds')`,
      ),
    );
    toy = await ToyApp.start(db);
  });
  afterAll(end);

  it('waits for its own alone; a list waits for all', async () => {
    await counted(other, 1);
    const token = await counted(mine, 1);
    for (const app of [toy, api]) {
      const outcome = await told(app, new GetCounterQuery(mine), { token, strict: true });
      expect(outcome).not.toHaveProperty('behind');
      // The other rows are still to be waited for.
      const next = { token: outcome.readToken!, waitMs: 30 };
      expect(await told(app, new ListCountersQuery(), next)).toMatchObject({ behind: expect.any(Number) });
      expect(await told(app, new GetCounterQuery(other), next)).toMatchObject({ behind: expect.any(Number) });
      expect(await told(app, new GetKindTotalQuery('plain'), next)).toMatchObject({ behind: expect.any(Number) });
      await expect(told(app, new ListCountersQuery(), { ...next, strict: true })).rejects.toMatchObject({
        code: 'projection-behind',
      });
    }
    await withOwner(db.url, (client) => client.query(`DELETE FROM kernel.leases WHERE owner = 'nobody'`));
    // Whoever is free takes it, and everybody looks now.
    await repartition(toy, { name: SEARCH, partitions: 5 });
    expect(await told(api, new ListCountersQuery(), { token, strict: true })).not.toHaveProperty('behind');
  });
});
