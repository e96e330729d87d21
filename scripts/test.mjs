// npm test                           every class of test, slowest last, one summary; the last line is `N passed, N failed`
// npm run test:db -- path -t title   one class; what follows goes to jest
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { buildIfStale, root } from './build-if-stale.mjs';

/** Each class gets the workers its tests can share the machine with; crashes and their timing want it alone. */
const classes = [
  { name: 'pure', workers: '2' },
  { name: 'db', workers: '2' },
  { name: 'e2e', workers: '2', needsBuild: true },
  { name: 'durability', workers: '1', needsBuild: true },
];
const results = join(root, '.cache', 'tests');

const [wanted, ...jestArgs] = process.argv.slice(2);
const chosen = classes.filter(({ name }) => wanted === undefined || name === wanted);
if (chosen.length === 0) {
  console.error(`There are no "${wanted}" tests. Choose one of: ${classes.map(({ name }) => name).join(', ')}.`);
  process.exit(2);
}

mkdirSync(results, { recursive: true });
if (chosen.some(({ needsBuild }) => needsBuild)) await buildIfStale();
const rows = [];
for (const entry of chosen) rows.push(await runClass(entry));
if (!jestArgs.includes('--watch')) summarise(rows);

async function runClass({ name, workers }) {
  const outputFile = join(results, `${name}.json`);
  rmSync(outputFile, { force: true });
  const started = Date.now();
  const code = await jest(['--selectProjects', name, `--maxWorkers=${workers}`, ...jsonTo(outputFile), ...jestArgs]);
  return { name, code, seconds: (Date.now() - started) / 1000, ...countsIn(outputFile) };
}

/** In watch mode jest writes no result file. */
function jsonTo(outputFile) {
  return jestArgs.includes('--watch') ? [] : ['--json', `--outputFile=${outputFile}`];
}

function jest(args) {
  const bin = createRequire(import.meta.url).resolve('jest/bin/jest');
  const options = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
  const child = spawn(process.execPath, [...options, bin, ...args], {
    cwd: root,
    // jest prints its report on stderr and the JSON, which goes to a file too, on stdout.
    stdio: ['inherit', jestArgs.includes('--watch') ? 'inherit' : 'ignore', 'inherit'],
    // Workers are processes of their own and must know modules too.
    env: { ...process.env, NODE_OPTIONS: [process.env.NODE_OPTIONS, ...options].filter(Boolean).join(' ') },
  });
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
  return new Promise((resolve) => child.once('exit', (code) => resolve(code ?? 1)));
}

/** A suite that didn't even run counts as one failure, and so does a run that left no result. */
function countsIn(file) {
  try {
    const run = JSON.parse(readFileSync(file, 'utf8'));
    const skipped = run.numPendingTests + run.numTodoTests;
    return { passed: run.numPassedTests, failed: run.numFailedTests + run.numRuntimeErrorTestSuites, skipped };
  } catch {
    return { passed: 0, failed: 1, skipped: 0 };
  }
}

function summarise(all) {
  const unclear = all.filter((row) => row.code !== 0 && row.failed === 0);
  for (const row of unclear) row.failed = 1;
  console.log('');
  for (const { name, passed, failed, skipped, seconds } of all) {
    const verdict = failed > 0 ? 'FAILED' : 'ok';
    const more = skipped > 0 ? `, ${skipped} skipped` : '';
    console.log(
      `${name.padEnd(11)} ${verdict.padEnd(7)} ${passed} passed, ${failed} failed${more} in ${seconds.toFixed(1)} s`,
    );
  }
  const sum = (key) => all.reduce((total, row) => total + row[key], 0);
  for (const { name } of all.filter((row) => row.failed > 0)) console.log(`Again, alone: npm run test:${name}`);
  console.log(`${sum('passed')} passed, ${sum('failed')} failed`);
  process.exitCode = sum('failed') > 0 || sum('passed') === 0 ? 1 : 0;
}
