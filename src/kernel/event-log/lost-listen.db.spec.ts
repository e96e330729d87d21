import { createToyTables, poolsOf, ToyApp } from '../../../test/support/toy-app.js';
import { CountCommand, GetCounterQuery } from '../../../test/support/toys.js';
import { withOwner } from '../../platform/database/prepare.js';
import { newId } from '../messages/ids.js';
import { freshDatabase, type FreshDatabase } from '../../platform/testing/databases.js';
import { eventually } from '../testing/eventually.js';
import { until } from '../testing/until.js';

let db: FreshDatabase;
beforeAll(async () => {
  db = await freshDatabase(import.meta.url);
  await createToyTables(db);
});
afterAll(() => db.drop());

/** The sessions that listen. Past a pooler: they are connections of their own. */
const listeners = (): Promise<number[]> =>
  withOwner(db.direct.url, async (client) => {
    const { rows } = await client.query<{ pid: number }>(
      `SELECT pid FROM pg_stat_activity
        WHERE datname = current_database() AND application_name LIKE 'waybill-listen-%' AND query LIKE 'LISTEN %'`,
    );
    return rows.map(({ pid }) => pid);
  });

describe('a LISTEN connection that is lost', () => {
  it('is replaced by another one', async () => {
    const toy = await ToyApp.start(db, { pools: poolsOf(db) });
    await until('the process listens', async () => (await listeners()).length === 1);
    const [lost] = await listeners();
    await withOwner(db.direct.url, (client) => client.query('SELECT pg_terminate_backend($1)', [lost]));
    await eventually(async () => {
      const now = await listeners();
      expect(now).toHaveLength(1);
      expect(now).not.toContain(lost);
    });
    await toy.close();
  }, 20_000);

  it('keeps no event from readers: they poll', async () => {
    const nowhere = new URL(db.direct.logins.listen.url);
    nowhere.port = '1';
    const reader = await ToyApp.start(db, { pools: poolsOf(db, {}, { listen: { url: nowhere.toString() } }) });
    const writer = await ToyApp.start(db, { kernel: { runSubscriptions: false } });
    const id = newId();
    await writer.run(new CountCommand(id, 3));
    await eventually(async () => expect(await writer.ask(new GetCounterQuery(id))).toEqual({ total: 3 }));
    await reader.close();
    await writer.close();
  }, 20_000);
});
