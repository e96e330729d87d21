// npm run attack -- --minutes 60 [--seed 7]    the security specs with all values, and requests at random for so long
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { root } from './build-if-stale.mjs';

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '60' }, seed: { type: 'string' } },
});
if (!(Number(values.minutes) > 0)) {
  console.error(`--minutes ${values.minutes} is no number of minutes.`);
  process.exit(2);
}
const seed = values.seed === undefined ? {} : { CHAOS_SEED: values.seed };
const child = spawn(process.execPath, [join(root, 'scripts', 'test.mjs'), 'security'], {
  cwd: root,
  stdio: 'inherit',
  env: { ...process.env, ATTACK_MINUTES: values.minutes, ...seed },
});
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
child.once('exit', (code) => (process.exitCode = code ?? 1));
