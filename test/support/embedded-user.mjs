// A process that uses the embedded server of a folder until it is told to stop: what specs start, kill and watch.
// node test/support/embedded-user.mjs <dataDir> [<root of the sources>]
import './typescript.mjs';
import { pathToFileURL } from 'node:url';

const [dataDir, root = new URL('../..', import.meta.url).pathname] = process.argv.slice(2);
const { useEmbeddedServer } = await import(pathToFileURL(`${root}/src/platform/database/embedded/index.ts`).href);

const report = (text) => process.stdout.write(`${text}\n`);
const server = await useEmbeddedServer({ dataDir, isDurable: false, report });
process.on('SIGTERM', () => void leave());
// Keeps the process alive until the signal.
setInterval(() => {}, 60_000);
report(`using: ${JSON.stringify({ wasRunning: server.wasRunning, port: server.port, ownerUrl: server.ownerUrl })}`);

async function leave() {
  report(`left: ${await server.leave()}`);
  process.exit(0);
}
