// Save to ready in about a second. The compiler watches, and each time it ends without an error the server is replaced:
// restarting on the compiler's word, not on changed files, means that a half-written dist is never started.
import { spawn } from 'node:child_process';
import { buildIfStale, markFresh, nestCli, root } from './build-if-stale.mjs';

/** A server that drains longer than this after a save is killed: nobody waits for it. */
const DRAIN_MS = 2_000;
/** The next process warms up after the present one has started, so that they don't share the cores. */
const START_MS = 1_500;
const COMPILED = /Found 0 errors/;
/** As it was before .env was read: each new server reads that file itself, as it is by then. */
const env = { ...process.env };

let server;
let standby;
let warming;
let replacing = Promise.resolve();

const hasEnded = (child) => !child || child.exitCode !== null || child.signalCode !== null;

const stop = (child) =>
  new Promise((resolve) => {
    if (hasEnded(child)) return resolve();
    const impatience = setTimeout(() => child.kill('SIGKILL'), DRAIN_MS);
    child.once('exit', () => {
      clearTimeout(impatience);
      resolve();
    });
    return child.kill('SIGTERM');
  });

const warmUp = () =>
  spawn(process.execPath, ['--enable-source-maps', 'scripts/dev-standby.mjs'], {
    cwd: root,
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    env,
  });

async function replaceServer() {
  await stop(server);
  markFresh();
  server = hasEnded(standby) ? warmUp() : standby;
  server.send('start');
  standby = undefined;
  clearTimeout(warming);
  warming = setTimeout(() => (standby = warmUp()), START_MS);
}

/** This process uses the embedded database all along, so that it outlives the restarts: stopping costs a second. */
async function holdDatabase() {
  const { loadConfiguration } = await import('../dist/config/index.js');
  const { database, runtime } = loadConfiguration();
  if (!database.embedded) return { leave: async () => {} };
  const { useEmbeddedServer } = await import('../dist/platform/database/embedded/index.js');
  return useEmbeddedServer({ dataDir: runtime.dataDir, report: (text) => console.log(text) });
}

await buildIfStale();
standby = warmUp();
const held = await holdDatabase().catch(async (error) => {
  standby.kill();
  const { explainedFailure } = await import('../dist/platform/operations/process-end.js');
  console.error(explainedFailure(error));
  process.exit(1);
});
const compiler = spawn(process.execPath, [nestCli(), 'build', '--watch', '--preserveWatchOutput'], {
  cwd: root,
  stdio: ['ignore', 'pipe', 'inherit'],
});
compiler.stdout.on('data', (chunk) => {
  process.stdout.write(chunk);
  if (COMPILED.test(chunk)) replacing = replacing.then(replaceServer);
});

let ending;
/** Ctrl-C arrives twice, from the terminal and from npm; both mean the same. */
function end() {
  ending ??= (async () => {
    compiler.kill();
    await replacing;
    clearTimeout(warming);
    await Promise.all([stop(standby), stop(server)]);
    await held.leave();
    process.exit(0);
  })();
}
process.on('SIGINT', end);
process.on('SIGTERM', end);
compiler.once('exit', end);
