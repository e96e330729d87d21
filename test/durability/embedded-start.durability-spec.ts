import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Environment } from '#config';
import { until } from '../../src/kernel/testing/until.js';
import { answer, EmbeddedFolder, leave, useOf } from '../support/embedded-folder.js';
import { BuiltProgram } from '../support/processes.js';

const TIMEOUT_MS = 90_000;
/** Whatever PostgreSQL's clients would take from here makes the embedded server unreachable, or another one. */
const FOREIGN = {
  PGHOST: '192.0.2.1',
  PGPORT: '1',
  PGUSER: 'nobody',
  PGPASSWORD: 'wrong',
  PGDATABASE: 'elsewhere',
  PGSSLMODE: 'require',
  PGSSLNEGOTIATION: 'direct',
  PGOPTIONS: '-c search_path=nowhere -c default_transaction_read_only=on',
  PGREPLICATION: 'database',
  PGCLIENT_ENCODING: 'LATIN1',
  PGAPPNAME: 'somebody',
  PGCONNECT_TIMEOUT: '1',
  PGSERVICE: 'elsewhere',
  PGSERVICEFILE: '/nonexistent/service',
  PGPASSFILE: '/nonexistent/pass',
};

let folder: EmbeddedFolder;
afterEach(() => folder.remove(), TIMEOUT_MS);

describe('the start of an embedded server', () => {
  it(
    'takes nothing from the variables of PostgreSQL’s clients, nor does the server of npm start',
    async () => {
      folder = await EmbeddedFolder.make();
      const first = folder.user([], FOREIGN);
      const { ownerUrl } = await useOf(first);
      expect(await answer(ownerUrl, 'SELECT count(*)::int AS value FROM pg_database')).toBe(4);
      expect(await leave(first)).toBe('stopped');

      const server = onFolder('dist/main.js', [], FOREIGN);
      const [, url] = await server.said(/(http:\/\/127\.0\.0\.1:\d+)/);
      expect((await fetch(`${url}/health/ready`)).status).toBe(200);
      expect(await server.kill('SIGTERM')).toMatchObject({ code: 0 });
      expect(await folder.serverPid()).toBeUndefined();
    },
    2 * TIMEOUT_MS,
  );

  it.each(['with spaces', `"quoted" and 'quoted'`, '$HOME `id` $(id)', 'back\\slash', '%s ü 漢 & ; | < > * ? #', '-D'])(
    'takes a data folder called %s',
    async (name) => {
      folder = await EmbeddedFolder.make(name);
      const user = folder.user();
      const use = await useOf(user);
      expect(await answer(use.ownerUrl, `SELECT current_setting('data_directory') AS value`)).toBe(
        join(folder.dataDir, 'pg18'),
      );
      expect(await readdir(join(folder.dataDir, 'pg18'))).toContain('server.log');
      expect(await leave(user)).toBe('stopped');
      expect(await readdir(folder.parent)).toEqual([name]);
    },
    TIMEOUT_MS,
  );

  it(
    'leaves no server behind when it fails after PostgreSQL has started',
    async () => {
      folder = await EmbeddedFolder.make();
      const first = folder.user();
      const { port } = await useOf(first);
      await leave(first);
      const state = join(folder.dataDir, 'pg18.json');
      // Another password than the cluster's: PostgreSQL starts, and nobody gets in.
      await writeFile(state, JSON.stringify({ password: 'wrong', port }));
      const second = folder.user();
      expect(await second.ended).toMatchObject({ code: 1 });
      expect(second.output).toContain('password authentication failed');
      expect(await folder.serverPid()).toBeUndefined();
    },
    TIMEOUT_MS,
  );

  it.each([
    ['server', 'dist/main.js', [], 'SIGTERM', 0],
    ['command line', 'dist/cli/main.js', ['status'], 'SIGINT', 130],
  ] as const)(
    'is undone when the %s is told to stop meanwhile',
    async (_what, script, args, signal, code) => {
      folder = await EmbeddedFolder.make();
      const program = onFolder(script, args);
      await until('PostgreSQL runs', async () => (await folder.serverPid()) !== undefined, TIMEOUT_MS);
      expect(await program.kill(signal)).toEqual({ code, signal: null });
      expect(await folder.serverPid()).toBeUndefined();
    },
    TIMEOUT_MS,
  );

  it('ends with a sentence where the data folder is a file', async () => {
    folder = await EmbeddedFolder.make();
    await writeFile(folder.dataDir, '');
    const server = onFolder('dist/main.js');
    expect(await server.ended).toMatchObject({ code: 1 });
    expect(server.output).toMatch(/^DATA_DIR \S+ is not a folder\. Set DATA_DIR to/m);
    expect(server.output).not.toMatch(/^\s+at /m);
  });
});

/** A program as its user starts it, on the folder of the test. */
function onFolder(script: string, args: readonly string[] = [], environment: Environment = {}): BuiltProgram {
  const unset = { NODE_ENV: '', DATABASE_URL: '', AUTH_MODE: '', WAYBILL_TEST_DATABASE_URL: '' };
  return BuiltProgram.start(script, args, { ...environment, ...unset, DATA_DIR: folder.dataDir, PORT: '0' });
}
