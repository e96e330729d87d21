import { createServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const END_WITH_PARENT = new URL('processes/end-with-parent.mjs', import.meta.url).href;
const START_TIMEOUT_MS = 60_000;

/** A Waybill server of the bench, with its own data folder and settings as they come, but for what is said here. */
export class Waybill {
  /** Resolves when it serves. @param extra as for `launch` */
  static async start(scope, dataDir, extra) {
    const waybill = await Waybill.launch(scope, dataDir, extra);
    await waybill.ready();
    return waybill;
  }

  /** Resolves when its process runs. @param extra.nodeArgs options of Node's; extra.env more settings */
  static async launch(scope, dataDir, { nodeArgs = [], env = {} } = {}) {
    const port = await freePort();
    const own = {
      PORT: String(port),
      DATA_DIR: dataDir,
      LOG_LEVEL: 'error',
      RATE_LIMITS: 'off',
      SHUTDOWN_WAIT_MS: '0',
    };
    const program = scope.program(['--enable-source-maps', '--import', END_WITH_PARENT, ...nodeArgs, MAIN], {
      ...inherited(),
      ...own,
      ...env,
    });
    return new Waybill(port, program);
  }

  constructor(port, program) {
    this.port = port;
    this.program = program;
  }

  get pid() {
    return this.program.pid;
  }

  async token(subject, ...roles) {
    return (await this.send('POST', '/v1/dev/tokens', { body: { subject, roles } })).token;
  }

  /** @throws Error with the answer where it is none of success */
  async send(method, path, { token, key, body } = {}) {
    const headers = { 'content-type': 'application/json' };
    if (token !== undefined) headers['authorization'] = `Bearer ${token}`;
    if (key !== undefined) headers['idempotency-key'] = key;
    const sent = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body);
    const answer = await fetch(`http://127.0.0.1:${this.port}${path}`, { method, headers, body: sent });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path} was answered ${answer.status}: ${text}`);
    return JSON.parse(text);
  }

  async stop() {
    await this.program.stop();
  }

  async ready() {
    const giveUpAt = Date.now() + START_TIMEOUT_MS;
    for (;;) {
      try {
        await fetch(`http://127.0.0.1:${this.port}/health/ready`);
        return;
      } catch (error) {
        if (this.program.hasEnded() || Date.now() > giveUpAt)
          throw new Error('The server did not start.', { cause: error });
      }
      await pause(50);
    }
  }
}

/** The caller's settings would make another bench. */
function inherited() {
  const { PATH, HOME, TMPDIR, TEMP, SystemRoot, NODE_OPTIONS } = process.env;
  return { PATH, HOME, TMPDIR, TEMP, SystemRoot, NODE_OPTIONS };
}

export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
