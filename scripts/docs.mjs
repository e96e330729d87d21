// Writes the pages that are generated from code. A spec fails where one of them is out of date.
import { mkdirSync, writeFileSync } from 'node:fs';
import { buildIfStale } from './build-if-stale.mjs';
import { moduleMapPage } from './module-map.mjs';

const root = new URL('../', import.meta.url);

await buildIfStale();
const { configurationPage, environmentExample } = await import('../dist/config/reference.js');
mkdirSync(new URL('docs/reference/', root), { recursive: true });
writeFileSync(new URL('.env.example', root), environmentExample());
writeFileSync(new URL('docs/reference/configuration.md', root), configurationPage());
writeFileSync(new URL('docs/reference/module-map.md', root), await moduleMapPage());
