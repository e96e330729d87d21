import { createToyTables, ToyApp } from '../../../test/support/toy-app.js';
import { forgetOldKeys } from '../idempotency/idempotency.js';
import { inTransaction } from '../database/transaction.js';
import { freshDatabase, type FreshDatabase } from '../../platform/testing/databases.js';
import { Retention } from './retention.js';
import { forgetOperations, cancelDeadLetters } from './sql/forget-operations.js';
import { forgetAudit, forgetCommands, forgetEffects, forgetSystemKeys } from './sql/forget-work.js';

const DAYS = 30;
const NOBODY = { parts: {}, kernel: { runSubscriptions: false } };
let db: FreshDatabase;
let keeper: ToyApp;
let forgetter: ToyApp;
beforeAll(async () => {
  db = await freshDatabase(import.meta.url);
  await createToyTables(db);
  keeper = await ToyApp.start(db, NOBODY);
  const kernel = { ...NOBODY.kernel, retention: { workDays: DAYS, auditDays: DAYS } };
  forgetter = await ToyApp.start(db, { ...NOBODY, kernel });
});
beforeEach(() =>
  db.pools.worker.query(
    `DELETE FROM kernel.outgoing_commands; DELETE FROM kernel.idempotency; DELETE FROM kernel.effects; DELETE FROM kernel.audit`,
  ),
);
afterAll(async () => {
  await Promise.all([keeper.close(), forgetter.close()]);
  await db.drop();
});

const insert = (text: string): Promise<unknown> => db.pools.worker.query(text);

/** Five commands that have ended or wait, sent by nobody (`null`) or by clients. */
const commands = (age: string, state: string, operation = 'null'): Promise<unknown> =>
  insert(`INSERT INTO kernel.outgoing_commands (id, instance, name, data, context, state, due_at, created_at, finished_at, operation)
    SELECT gen_random_uuid(), n::text, 'toy.old', '{}', '{}', '${state}', now(), now() - interval '${age}',
           CASE WHEN '${state}' IN ('queued', 'dead-lettered') THEN NULL ELSE now() - interval '${age}' END, ${operation}
      FROM generate_series(1, 5) n`);
const keys = (age: string, kind: string): Promise<unknown> =>
  insert(`INSERT INTO kernel.idempotency (tenant, principal, operation, key, kind, command_id, outcome, body, created_at)
    SELECT 't', 'p', '${age}', n, '${kind}', gen_random_uuid(), 'result', '1', now() - interval '${age}' FROM generate_series(1, 5) n`);
const effects = (age: string, state: string): Promise<unknown> =>
  insert(`INSERT INTO kernel.effects (tenant, kind, key, body, body_hash, context, state, due_at, ended_at)
    SELECT 't', 'toy.old', '${age} ${state} ' || n, '{}', '', '{}', '${state}', CASE '${state}' WHEN 'pending' THEN now() END,
           CASE '${state}' WHEN 'done' THEN now() - interval '${age}' END FROM generate_series(1, 5) n`);
const audit = (age: string): Promise<unknown> =>
  insert(`INSERT INTO kernel.audit (at, principal, action, subject)
    SELECT now() - interval '${age}', 'olga', 'old', '${age}' FROM generate_series(1, 5) n`);
const count = async (table: string): Promise<number> =>
  (await db.pools.worker.query(`SELECT FROM kernel.${table}`)).rowCount!;
const counts = (): Promise<number[]> =>
  Promise.all(['outgoing_commands', 'idempotency', 'effects', 'audit'].map(count));

describe('the retention', () => {
  it('keeps ended work and the audit for ever, unless it is told for how long', async () => {
    for (const age of ['31 days', '29 days']) {
      await commands(age, 'succeeded');
      await keys(age, 'system');
      await effects(age, 'done');
      await audit(age);
    }
    await keeper.get(Retention).forget();
    expect(await counts()).toEqual([10, 10, 10, 10]);
    await forgetter.get(Retention).forget();
    expect(await counts()).toEqual([5, 5, 5, 5]);
    expect(await forgetter.rows('SELECT DISTINCT subject FROM kernel.audit')).toEqual([{ subject: '29 days' }]);
  });

  it('keeps work that is not done, however old it is', async () => {
    for (const state of ['queued', 'dead-lettered']) await commands('100 days', state);
    for (const state of ['pending', 'dead-lettered']) await effects('100 days', state);
    await forgetter.get(Retention).forget();
    expect(await counts()).toEqual([10, 0, 10, 0]);
  });
});

describe('a step of the retention', () => {
  it.each([
    ['operations given up', cancelDeadLetters, () => commands('31 days', 'dead-lettered', `'POST /toys'`)],
    ['operations', forgetOperations, () => commands('31 days', 'succeeded', `'POST /toys'`)],
    ['keys of clients', forgetOldKeys, () => keys('31 days', 'client')],
    ['stored commands', forgetCommands, () => commands('31 days', 'refused')],
    ['results of stored commands', forgetSystemKeys, () => keys('31 days', 'system')],
    ['effects', forgetEffects, () => effects('31 days', 'done')],
    ['audit', forgetAudit, () => audit('31 days')],
  ])('passes over what another replica takes at the moment, batch by batch: %s', async (_, step, make) => {
    await make();
    await inTransaction(db.pools.worker, async (tx) => {
      expect(await step(tx, DAYS, 2)).toBe(2);
      // Waiting for the other's rows would end by the lock time-out.
      expect(await step(db.pools.app, DAYS, 10)).toBe(3);
      expect(await step(db.pools.app, DAYS, 10)).toBe(0);
    });
    expect(await step(db.pools.app, DAYS, 10)).toBe(0);
  });
});
