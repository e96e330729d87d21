// Before the first spec that needs PostgreSQL: one server and one migrated template for the whole run.
// WAYBILL_TEST_DATABASE_URL names a server of your own instead (a user who may create databases and roles).
import './typescript.mjs';

export default async function setUp() {
  const { startTestServer } = await import('../../src/kernel/testing/test-server.ts');
  const { ensureTemplate, removeLeftovers } = await import('../../src/kernel/testing/template.ts');
  if (!process.env.WAYBILL_TEST_DATABASE_URL) {
    const server = await startTestServer();
    process.env.WAYBILL_TEST_DATABASE_URL = server.url;
    globalThis.waybillTestServer = server;
  }
  const { database } = await ensureTemplate(process.env.WAYBILL_TEST_DATABASE_URL);
  await removeLeftovers(process.env.WAYBILL_TEST_DATABASE_URL, database);
}
