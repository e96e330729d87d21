// npm run chaos -- --cycles 200 --seed 7      breaks a fleet of real processes, one fault per cycle, and checks what is left
import { spawn } from 'node:child_process';
import { buildIfStale, root } from './build-if-stale.mjs';

await buildIfStale();
const options = [
  '--import',
  './test/support/typescript.mjs',
  './test/support/faults/chaos.ts',
  ...process.argv.slice(2),
];
const child = spawn(process.execPath, options, { cwd: root, stdio: 'inherit' });
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
child.once('exit', (code) => (process.exitCode = code ?? 1));
