import { settled } from '#kernel/testing';
import { withOwner } from '../../src/platform/database/prepare.js';
import { until } from '../../src/kernel/testing/until.js';
import { shipTo } from '../support/ordering-app.js';
import { ServedWaybill } from '../support/served-waybill.js';

const ORDERS = 300;
const CLIENTS = 6;
/** Rows read per row written, at most; two are the most that any table needs. Passes over whole tables make it 38 with so
 *  many orders, and more with more. */
const READS = 4;
/** Each commit of an event handler verifies the event at its checkpoint, and it commits event by event: one look per handler and
 *  event, whatever the size of the log. */
const VERIFIED_READS = 8;
/** One row per partition, renewed by the clock: they don't grow with orders, and a slow machine renews them more often. */
const FIXED = 'kernel.leases';
const readsOf = (table: string): number => (/^kernel\.(log|events)$/.test(table) ? VERIFIED_READS : READS);

interface Table {
  readonly name: string;
  readonly rows: number;
  readonly read: number;
}

let server: ServedWaybill;
beforeAll(async () => {
  server = await ServedWaybill.start(import.meta.url);
  await server.sellTees();
}, 30_000);
afterAll(() => server.stop());

async function placeAll(): Promise<void> {
  const ada = await server.as('ada', 'customer');
  await (await server.as('mary', 'manager')).put('/v1/customers/ada').send({ name: 'Ada', email: 'ada@example.org' });
  let left = ORDERS;
  const client = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      const lines = [{ sku: 'TEE', quantity: 1 }];
      await ada.post('/v1/orders').send({ lines, shipTo, paymentMethodToken: 'tok_ok' }).expect(201);
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
}

/** What all connections have read and written. They tell of it at their end; a pooler would keep them. */
async function tablesRead(): Promise<readonly Table[]> {
  await server.waybill.stop();
  return withOwner(server.db.direct.url, async (client) => {
    const others = 'FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()';
    await until('all connections have ended', async () => {
      await client.query(`SELECT pg_terminate_backend(pid) ${others}`);
      return (await client.query(`SELECT ${others}`)).rowCount === 0;
    });
    const { rows } = await client.query<Table>(
      `SELECT schemaname || '.' || relname AS name, (n_tup_ins + n_tup_upd)::int AS rows,
              (seq_tup_read + coalesce(idx_tup_fetch, 0))::int AS read FROM pg_stat_user_tables`,
    );
    return rows;
  });
}

describe('an order', () => {
  it('costs the database as much when there are many as when there are few, also before there are statistics', async () => {
    await placeAll();
    await settled(server.waybill.app);
    const grown = (await tablesRead()).filter(({ name, rows }) => rows >= ORDERS && name !== FIXED);
    expect(grown.length).toBeGreaterThan(5);
    expect(grown.filter(({ name, rows, read }) => read > readsOf(name) * rows)).toEqual([]);
  }, 60_000);
});
