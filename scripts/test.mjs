// npm test                           every class of test, slowest last, one summary; the last line is `N passed, N failed`
// npm run test:db -- path -t title   one class; what follows goes to jest
// npm run test:pgbouncer             the classes that need a database again, with a pgbouncer in front of it
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { buildIfStale, root } from './build-if-stale.mjs';
import { countsOf, freshResultFile, freshTrafficFile, poolerRun, testClasses, trafficOf } from './test-results.mjs';

/** Two workers fill two cores, and three if they also wait. Broken fleets wait most of the time. */
const workers = { pure: 2, db: 3, interleavings: 2, e2e: 3, security: 2, durability: 2, [poolerRun.name]: 3 };
/** Pure specs run from the sources alone; the others may start the built program. */
const withoutBuild = new Set(['pure', 'interleavings']);

const [wanted, ...jestArgs] = process.argv.slice(2);
const isWatching = jestArgs.includes('--watch');
const known = [...testClasses, poolerRun.name];
const chosen = wanted === undefined ? testClasses : known.filter((name) => name === wanted);
if (chosen.length === 0) {
  console.error(`There are no "${wanted}" tests. Choose one of: ${known.join(', ')}.`);
  process.exit(2);
}

if (chosen.some((name) => !withoutBuild.has(name))) await buildIfStale();
const rows = [];
for (const name of chosen) rows.push(await runClass(name));
if (!isWatching) summarise(rows);

async function runClass(name) {
  const started = Date.now();
  const report = isWatching ? [] : ['--json', `--outputFile=${freshResultFile(name)}`];
  const projects = name === poolerRun.name ? poolerRun.classes : [name];
  const environment = name === poolerRun.name ? { WAYBILL_TEST_POOLER: freshTrafficFile() } : {};
  const args = ['--selectProjects', ...projects, `--maxWorkers=${workers[name]}`, ...report, ...jestArgs];
  const code = await jest(args, environment);
  const seconds = (Date.now() - started) / 1000;
  const row = { name, code, seconds, ...countsOf(name) };
  return name === poolerRun.name ? withTraffic(row) : row;
}

/** Specs that pass without the pooler show nothing: it must have seen at least a transaction for each. */
function withTraffic(row) {
  const { transactions, databases, tests } = trafficOf();
  const isShown = transactions >= tests;
  const verdict = isShown ? '' : `, and ${tests} tests passed: they did not go through it`;
  console.log(`pgbouncer carried ${transactions} transactions of ${databases} databases${verdict}.`);
  return isShown ? row : { ...row, failed: row.failed + 1 };
}

function jest(args, environment) {
  const bin = createRequire(import.meta.url).resolve('jest/bin/jest');
  const options = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
  const child = spawn(process.execPath, [...options, bin, ...args], {
    cwd: root,
    // jest prints its report on stderr and the JSON, which goes to a file too, on stdout.
    stdio: ['inherit', isWatching ? 'inherit' : 'ignore', 'inherit'],
    // Workers are processes of their own and must know modules too.
    env: {
      ...process.env,
      ...environment,
      NODE_OPTIONS: [process.env.NODE_OPTIONS, ...options].filter(Boolean).join(' '),
    },
  });
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
  return new Promise((resolve) => child.once('exit', (code) => resolve(code ?? 1)));
}

function summarise(all) {
  for (const row of all) if (row.code !== 0 && row.failed === 0) row.failed = 1;
  console.log('');
  for (const { name, passed, failed, skipped, seconds } of all) {
    const verdict = failed > 0 ? 'FAILED' : 'ok';
    const more = skipped > 0 ? `, ${skipped} skipped` : '';
    console.log(
      `${name.padEnd(11)} ${verdict.padEnd(7)} ${passed} passed, ${failed} failed${more} in ${seconds.toFixed(1)} s`,
    );
  }
  for (const { name } of all.filter((row) => row.failed > 0)) console.log(`Again, alone: npm run test:${name}`);
  const sum = (key) => all.reduce((total, row) => total + row[key], 0);
  console.log(`${sum('passed')} passed, ${sum('failed')} failed`);
  process.exitCode = sum('failed') > 0 || sum('passed') === 0 ? 1 : 0;
}
