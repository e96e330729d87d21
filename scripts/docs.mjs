// Writes the pages that are generated from code. A spec fails where one of them is out of date.
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';

const root = new URL('../', import.meta.url);

execFileSync(process.execPath, [new URL('scripts/build-if-stale.mjs', root).pathname], { stdio: 'inherit' });
const { configurationPage, environmentExample } = await import(new URL('dist/config/reference.js', root).href);
mkdirSync(new URL('docs/reference/', root), { recursive: true });
writeFileSync(new URL('.env.example', root), environmentExample());
writeFileSync(new URL('docs/reference/configuration.md', root), configurationPage());
