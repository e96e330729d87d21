// Before the first spec that needs PostgreSQL: one server and one migrated template for the whole run.
// With WAYBILL_TEST_POOLER (npm run test:pgbouncer) what specs connect to is a pgbouncer in front of it.
// WAYBILL_TEST_DATABASE_URL names a server of your own instead (a user who may create databases and roles).
import './typescript.mjs';

export default async function setUp() {
  const { startTestServer } = await import('../../src/platform/testing/test-server.ts');
  const { ensureTemplate, removeLeftovers } = await import('../../src/platform/testing/template.ts');
  if (!process.env.WAYBILL_TEST_DATABASE_URL) {
    const server = await startTestServer();
    process.env.WAYBILL_TEST_DATABASE_URL = server.url;
    globalThis.waybillTestServer = server;
  }
  const { database } = await ensureTemplate(process.env.WAYBILL_TEST_DATABASE_URL);
  await removeLeftovers(process.env.WAYBILL_TEST_DATABASE_URL, database);
  if (process.env.WAYBILL_TEST_POOLER) await startPooler(process.env.WAYBILL_TEST_DATABASE_URL);
}

async function startPooler(serverUrl) {
  const { PgBouncer } = await import('./pgbouncer.ts');
  globalThis.waybillTestPooler = await PgBouncer.start(serverUrl);
  process.env.WAYBILL_TEST_POOLER_ADDRESS = globalThis.waybillTestPooler.address;
}
