// npm run interleave                                        every protocol, as far as it goes; writes the table of results
// npm run interleave -- commit-streams -t 'two commands'    some of it
// npm run interleave -- commit-streams -t 'two commands' --schedule=ABBA    one schedule, statement by statement
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './build-if-stale.mjs';

const folder = join(root, '.cache', 'interleavings');
const page = join(root, 'docs', 'explanation', 'protocols', 'README.md');
const MARKS = ['<!-- results of npm run interleave -->', '<!-- end of results -->'];

const args = process.argv.slice(2);
const schedule = args.find((arg) => arg.startsWith('--schedule='))?.slice('--schedule='.length);
const jestArgs = args.filter((arg) => !arg.startsWith('--schedule='));

rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
const code = await runTests();
const rows = readdirSync(folder)
  .toSorted()
  .map((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')));
if (rows.length > 0) console.log(`\n${table(rows)}`);
if (code === 0 && args.length === 0) writeResults(table(rows));
process.exitCode = code;

function runTests() {
  const environment = { WAYBILL_INTERLEAVINGS: 'whole', ...(schedule ? { WAYBILL_SCHEDULE: schedule } : {}) };
  const child = spawn(process.execPath, [join(root, 'scripts', 'test.mjs'), 'interleavings', ...jestArgs], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, ...environment },
  });
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
  return new Promise((resolve) => child.once('exit', (exit) => resolve(exit ?? 1)));
}

/** As prettier would format it. */
function table(all) {
  const lines = [
    ['Protocol', 'Schedules', 'Seconds', 'Planted faults found'],
    ...all.map((row) => [row.protocol, row.schedules, Math.ceil(row.seconds), `${row.found} of ${row.planted}`]),
    ['All', sum(all, 'schedules'), Math.ceil(sum(all, 'seconds')), `${sum(all, 'found')} of ${sum(all, 'planted')}`],
  ].map((cells) => cells.map(String));
  const widths = lines[0].map((_, column) => Math.max(...lines.map((cells) => cells[column].length)));
  const line = (cells) => `| ${cells.map((cell, column) => align(cell, widths[column], column)).join(' | ')} |`;
  const rule = widths.map((width, column) => (column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`));
  return [line(lines[0]), line(rule), ...lines.slice(1).map(line)].join('\n');
}

function align(cell, width, column) {
  return column === 0 ? cell.padEnd(width) : cell.padStart(width);
}

function sum(all, key) {
  return all.reduce((total, row) => total + row[key], 0);
}

function writeResults(results) {
  if (!existsSync(page)) return;
  const [before, rest] = readFileSync(page, 'utf8').split(MARKS[0]);
  const [, after] = rest.split(MARKS[1]);
  writeFileSync(page, `${before}${MARKS[0]}\n\n${results}\n\n${MARKS[1]}${after}`);
}
