// npm run check         the one gate before a commit, the same in CI; everything that needs no database
// npm run check lint    one of its steps
import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { root } from './build-if-stale.mjs';

/** Two at a time fill the two cores we count on; the longest go first. */
const AT_ONCE = 2;

const steps = [
  {
    name: 'architecture',
    tool: ['scripts/test.mjs', 'pure', '--', 'test/architecture'],
    fix: 'npm run check architecture',
  },
  {
    name: 'types',
    tool: [bin('typescript', 'tsc'), '-p', 'tsconfig.json', '--incremental', '--tsBuildInfoFile', '.cache/types.json'],
    fix: 'npm run check types',
  },
  { name: 'lint', tool: [bin('oxlint'), '--type-aware', '--deny-warnings'], fix: 'npx oxlint --type-aware --fix' },
  {
    name: 'boundaries',
    tool: [
      bin('dependency-cruiser', 'depcruise'),
      'src',
      'test',
      '--config',
      '.dependency-cruiser.cjs',
      '--output-type',
      'err-long',
    ],
    fix: 'npm run check boundaries',
  },
  {
    name: 'format',
    tool: [bin('prettier'), '--check', '--log-level', 'warn', '--cache', '--cache-location', '.cache/prettier', '.'],
    fix: 'npm run format',
  },
  { name: 'dead code', tool: [bin('knip')], fix: 'npx knip --fix' },
];

const wanted = process.argv.slice(2).join(' ');
const chosen = steps.filter(({ name }) => wanted === '' || name === wanted);
if (chosen.length === 0) {
  console.error(`There is no step "${wanted}". Choose one of: ${steps.map(({ name }) => name).join(', ')}.`);
  process.exit(2);
}

mkdirSync(join(root, '.cache'), { recursive: true });
const started = Date.now();
const failures = [];
const queue = [...chosen];
await Promise.all(Array.from({ length: AT_ONCE }, work));
for (const { name, output } of failures) console.log(`\n── ${name} ${'─'.repeat(60)}\n${output.trim()}`);
if (failures.length > 0) console.log('');
for (const { name, fix } of failures) console.log(`${name}: fix or see again with  ${fix}`);
console.log(`${chosen.length - failures.length} of ${chosen.length} checks passed in ${secondsSince(started)} s.`);
process.exitCode = failures.length > 0 ? 1 : 0;

async function work() {
  for (let step = queue.shift(); step; step = queue.shift()) {
    const begun = Date.now();
    const { code, output } = await run(step.tool);
    console.log(`${code === 0 ? '✓' : '✗'} ${step.name.padEnd(10)} ${secondsSince(begun)} s`);
    if (code !== 0) failures.push({ ...step, output });
  }
}

function run(tool) {
  return new Promise((resolve) => {
    let output = '';
    const child = spawn(process.execPath, tool, {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, FORCE_COLOR: '0' },
    });
    child.stdout.on('data', (chunk) => (output += chunk));
    child.stderr.on('data', (chunk) => (output += chunk));
    child.once('exit', (code) => resolve({ code: code ?? 1, output }));
  });
}

/** The file behind a package's command, so that no shell and no npx stands between. */
function bin(name, command = name) {
  const manifest = join(root, 'node_modules', name, 'package.json');
  const { bin: commands } = createRequire(import.meta.url)(manifest);
  return join(dirname(manifest), typeof commands === 'string' ? commands : commands[command]);
}

function secondsSince(time) {
  return ((Date.now() - time) / 1000).toFixed(1);
}
