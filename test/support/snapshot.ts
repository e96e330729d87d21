import { withOwner } from '../../src/platform/database/prepare.js';
import type { FreshDatabase } from '../../src/platform/testing/databases.js';

/** Everything that a snapshot of the data folder holds of a toy application; the order doesn't matter. */
const TABLES = [
  'kernel.streams',
  'kernel.events',
  'kernel.log',
  'kernel.log_state',
  'kernel.idempotency',
  'kernel.subscriptions',
  'kernel.checkpoints',
  'kernel.failed_events',
  'toy_read.counter_search',
  'toy_read.kind_totals',
];

/**
 * Keeps the tables' rows, and puts them back under whoever runs, as a restored snapshot of the data folder would: positions and
 * ids are given again, and nothing in the database tells that it was restored. Sessions stay, which is the harder case.
 */
export async function snapshotOf(db: FreshDatabase): Promise<{ restore(): Promise<void> }> {
  await withOwner(db.url, (client) =>
    client.query(`DROP SCHEMA IF EXISTS snapshot CASCADE; CREATE SCHEMA snapshot;
      ${TABLES.map((table) => `CREATE TABLE snapshot."${table}" AS SELECT * FROM ${table};`).join('\n')}`),
  );
  return {
    restore: () =>
      withOwner(db.url, async (client) => {
        await client.query(`BEGIN; SET LOCAL session_replication_role = replica;
          ${TABLES.map((table) => `DELETE FROM ${table}; INSERT INTO ${table} OVERRIDING SYSTEM VALUE SELECT * FROM snapshot."${table}";`).join('\n')}
          SELECT setval(pg_get_serial_sequence('kernel.events', 'id'), (SELECT coalesce(max(id), 1) FROM kernel.events));
          COMMIT`);
      }),
  };
}
