import { createHash } from 'node:crypto';
import { Client, type ClientBase } from 'pg';
import { freshDatabase, type FreshDatabase } from '#platform/testing';
import { until } from '../testing/until.js';
import type { Migration } from './migrations.js';
import { migrate, schemaMismatch } from './migrator.js';

let db: FreshDatabase;
const clients: Client[] = [];

async function owner(): Promise<Client> {
  const client = new Client(db.url);
  clients.push(client);
  await client.connect();
  return client;
}

function step(folder: string, name: string, up: string, breaking = false): Migration {
  return { folder, name, up, breaking, checksum: createHash('sha256').update(up).digest('hex') };
}

async function tablesOf(client: ClientBase, schema: string): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    'SELECT tablename AS name FROM pg_tables WHERE schemaname = $1 ORDER BY 1',
    [schema],
  );
  return rows.map(({ name }) => name);
}

beforeAll(async () => {
  db = await freshDatabase(import.meta.url);
});
afterAll(async () => {
  await Promise.all(clients.map((client) => client.end()));
  await db.drop();
});

describe('a migration', () => {
  it('is applied once, in order, into the schemas of its folder', async () => {
    const client = await owner();
    const steps = [
      step('toys', '0001-dolls', 'CREATE TABLE toys.dolls (id int)'),
      step('toys', '0002-eyes', 'ALTER TABLE toys.dolls ADD eyes int; CREATE TABLE toys_read.list (id int)'),
    ];
    expect(await migrate(client, steps)).toEqual({ applied: ['toys/0001-dolls', 'toys/0002-eyes'] });
    expect(await migrate(client, steps)).toEqual({ applied: [] });
    expect(await tablesOf(client, 'toys')).toEqual(['dolls']);
    expect(await tablesOf(client, 'toys_read')).toEqual(['list']);
    expect(await schemaMismatch(client, steps)).toBeUndefined();
  });

  it('is applied by one of several starts at once; the others wait for it', async () => {
    const steps = [1, 2, 3].map((n) =>
      step('race', `000${n}-t`, `CREATE TABLE race.t${n} (id int); SELECT pg_sleep(0.05)`),
    );
    const starts = await Promise.all([owner(), owner(), owner()]);
    const outcomes = await Promise.all(starts.map((client) => migrate(client, steps)));
    expect(outcomes.flatMap(({ applied }) => applied).toSorted()).toEqual([
      'race/0001-t',
      'race/0002-t',
      'race/0003-t',
    ]);
  });

  it('leaves nothing behind when its SQL fails, and says what and where', async () => {
    const client = await owner();
    const wrong = step('broken', '0001-half', 'CREATE TABLE broken.half (id int); SELECT 1/0');
    await expect(migrate(client, [wrong])).rejects.toThrow(
      /broken\/0001-half failed .*division by zero \(SQLSTATE 22012/,
    );
    expect(await tablesOf(client, 'broken')).toEqual([]);
    expect(await schemaMismatch(client, [wrong])).toBe('Migration broken/0001-half is not applied.');
    expect(await migrate(client, [step('broken', '0001-half', 'CREATE TABLE broken.half (id int)')])).toEqual({
      applied: ['broken/0001-half'],
    });
  });

  it('goes on where a connection was killed in the middle of it', async () => {
    const [victim, next] = await Promise.all([owner(), owner()]);
    victim.on('error', () => undefined);
    const steps = [
      step('killed', '0001-first', 'CREATE TABLE killed.first (id int)'),
      step('killed', '0002-second', 'CREATE TABLE killed.second (id int); SELECT pg_sleep(30)'),
    ];
    const dying = migrate(victim, steps).catch((error: Error) => error.message);
    await until('the second step was running, and is killed', async () => {
      const { rowCount } = await next.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'`,
      );
      return rowCount === 1;
    });
    // In the words of the server, or of a pooler in between.
    expect(await dying).toMatch(/terminat|server conn crashed/);
    const repaired = [steps[0]!, step('killed', '0002-second', 'CREATE TABLE killed.second (id int)')];
    expect(await migrate(next, repaired)).toEqual({ applied: ['killed/0002-second'] });
  });

  it('is refused when its text was changed after it was applied', async () => {
    const client = await owner();
    await migrate(client, [step('past', '0001-then', 'CREATE TABLE past.a (id int)')]);
    const rewritten = [step('past', '0001-then', 'CREATE TABLE past.b (id int)')];
    await expect(migrate(client, rewritten)).rejects.toThrow(/past\/0001-then was applied .* put its old text back/i);
    expect(await schemaMismatch(client, rewritten)).toMatch(/past\/0001-then was applied/);
  });

  it('of a newer version is tolerated, unless it breaks this one', async () => {
    const client = await owner();
    const old = step('future', '0001-now', 'CREATE TABLE future.now (id int)');
    const compatible = step('future', '0002-later', 'CREATE TABLE future.later (id int)');
    const breaking = step('future', '0003-without-now', 'DROP TABLE future.now', true);
    await migrate(client, [old, compatible]);
    expect(await schemaMismatch(client, [old])).toBeUndefined();
    await migrate(client, [old, compatible, breaking]);
    await expect(migrate(client, [old, compatible])).rejects.toThrow(
      /newer version of Waybill \(future\/0003-without-now\)/,
    );
    // The other tests of this file know nothing of that step.
    await client.query(`DELETE FROM kernel.migrations WHERE folder = 'future'`);
  });

  it('steps back from a table that is in use, so that nobody queues behind it, and tries again', async () => {
    const [client, reader, bystander] = await Promise.all([owner(), owner(), owner()]);
    const made = step('busy', '0001-t', 'CREATE TABLE busy.t (id int)');
    await migrate(client, [made]);
    await reader.query('BEGIN; LOCK TABLE busy.t IN ACCESS SHARE MODE');
    const said: string[] = [];
    const altering = migrate(client, [made, step('busy', '0002-more', 'ALTER TABLE busy.t ADD more int')], {
      lockTimeoutMs: 50,
      report: (text) => said.push(text),
    });
    await until('the migration has tried twice', () => said.length >= 2);
    const started = Date.now();
    await bystander.query('SELECT * FROM busy.t');
    expect(Date.now() - started).toBeLessThan(1_000);
    await reader.query('COMMIT');
    expect(await altering).toEqual({ applied: ['busy/0002-more'] });
    expect(said[0]).toContain('busy/0002-more waits for a table that is in use (try 1 of 20)');
  });

  it('gives up on a table that never gets free, with a text that names it', async () => {
    const [client, reader] = await Promise.all([owner(), owner()]);
    const made = step('stuck', '0001-t', 'CREATE TABLE stuck.t (id int)');
    await migrate(client, [made]);
    await reader.query('BEGIN; LOCK TABLE stuck.t IN ACCESS SHARE MODE');
    const steps = [made, step('stuck', '0002-more', 'ALTER TABLE stuck.t ADD more int')];
    await expect(migrate(client, steps, { lockTimeoutMs: 20, lockTries: 3 })).rejects.toThrow(
      /stuck\/0002-more failed .* lock timeout/,
    );
    await reader.query('COMMIT');
  });
});
