// npm run mutants -- --only <name>      see test/mutants/main.ts for the options, CONTRIBUTING.md for what it is
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import '../test/support/typescript.mjs';
import { root } from './build-if-stale.mjs';
import { withFileLock } from './file-lock.mjs';

process.chdir(root);
mkdirSync(join(root, '.cache'), { recursive: true });
await withFileLock(join(root, '.cache/mutants.lock'), () => import('../test/mutants/main.ts'), {
  onWait: (pid) => console.error(`Waiting for the planted faults of process ${pid}.`),
});
