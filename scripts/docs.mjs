// Writes the pages that are generated from code. A spec fails where one of them is out of date.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildIfStale } from './build-if-stale.mjs';
import { moduleMapPage } from './module-map.mjs';
import { schemaText } from './schema-text.mjs';

const root = new URL('../', import.meta.url);

await buildIfStale();
const { configurationPage, environmentExample } = await import('../dist/config/reference.js');
const { useEmbeddedServer } = await import('../dist/platform/database/embedded/index.js');
const { applyMigrations } = await import('../dist/kernel/migrations/migrate-database.js');
const { readMigrations } = await import('../dist/kernel/migrations/migrations.js');
const { withOwner } = await import('../dist/platform/database/prepare.js');

mkdirSync(new URL('docs/reference/', root), { recursive: true });
writeFileSync(new URL('.env.example', root), environmentExample());
writeFileSync(new URL('docs/reference/configuration.md', root), configurationPage());
writeFileSync(new URL('docs/reference/module-map.md', root), await moduleMapPage());
writeFileSync(new URL('migrations/schema.sql', root), await migratedSchema());

/** What the migrations make of a new database. */
async function migratedSchema() {
  const dataDir = mkdtempSync(join(tmpdir(), 'waybill-docs-'));
  const server = await useEmbeddedServer({ dataDir, isDurable: false });
  try {
    const known = await readMigrations();
    return await withOwner(server.ownerUrl, async (client) => {
      await applyMigrations(client, known);
      return schemaText(client);
    });
  } finally {
    await server.leave();
    rmSync(dataDir, { recursive: true, force: true });
  }
}
