import { Client } from 'pg';
import { configurationOf } from '#config';
import { freshDatabase, type FreshDatabase } from '#platform/testing';
import { withUser } from './logins.js';
import { Pools } from '../../kernel/database/pools.js';
import type { DatabaseSettings } from './database-settings.js';
import { DatabaseRefused, prepareDatabase, type PreparedDatabase, withOwner } from './prepare.js';

/** Databases of the usual kinds of owner, each with a role of its own; made and removed by the spec. */
let db: FreshDatabase;
let settings: DatabaseSettings;
let admin: Client;
const made: string[] = [];
/** A server that syncs its files takes a while for each database that goes. */
const CLEAN_UP_MS = 60_000;

beforeAll(async () => {
  db = await freshDatabase(import.meta.url);
  const { statementNames } = db.configuration.database;
  settings = {
    ...configurationOf({ NODE_ENV: 'test', EMBEDDED_PG: 'true' }).database,
    statementNames,
    listenUrl: db.direct.url,
  };
  admin = new Client(db.url);
  await admin.connect();
});
afterAll(async () => {
  for (const name of made) await admin.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
  for (const name of made) {
    for (const role of [name, ...['app', 'worker', 'query'].map((purpose) => `${name}_${purpose}`)]) {
      await admin.query(`DROP ROLE IF EXISTS ${role}`);
    }
  }
  await admin.end();
  await db.drop();
}, CLEAN_UP_MS);

/** @param server whose address the URL has: the run's pooler, if it has one, unless the spec is about the server itself. */
async function ownedDatabase(kind: string, attributes: string, server = db.url): Promise<string> {
  const name = `waybill_owned_${kind}_${process.pid}`;
  made.push(name);
  await admin.query(`CREATE ROLE ${name} LOGIN ${attributes} PASSWORD 'owner'`);
  await admin.query(`CREATE DATABASE ${name} OWNER ${name}`);
  const url = new URL(withUser(server, name, 'owner'));
  url.pathname = `/${name}`;
  return url.toString();
}

async function withPools<T>({ logins }: PreparedDatabase, work: (pools: Pools) => Promise<T>): Promise<T> {
  const pools = new Pools(logins, settings);
  try {
    return await work(pools);
  } finally {
    await pools.end();
  }
}

const PLANS = `SELECT current_setting('enable_seqscan') AS passes, current_setting('jit') AS jit`;
const STATE = `SELECT current_user AS role, current_setting('statement_timeout') AS statement,
                      current_setting('default_transaction_read_only') AS "readOnly"`;

async function failure(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'none',
    (error: { code: string }) => error.code,
  );
}

describe('a database whose owner may create roles', () => {
  it('gets three roles with their time-outs, and keeps them over restarts', async () => {
    const ownerUrl = await ownedDatabase('creator', 'CREATEROLE');
    const first = await prepareDatabase({ ownerUrl, settings });
    expect(first.warnings.filter((warning) => !warning.includes('fsync') && !warning.includes('full_page'))).toEqual(
      [],
    );
    const second = await prepareDatabase({ ownerUrl, settings });
    expect(second).toMatchObject({ applied: [], logins: first.logins });
    const name = new URL(ownerUrl).pathname.slice(1);
    await withPools(second, async (pools) => {
      const states = await Promise.all([pools.app, pools.worker, pools.query].map((pool) => pool.query(STATE)));
      expect(states.map(({ rows }) => rows[0])).toEqual([
        { role: `${name}_app`, statement: '5s', readOnly: 'off' },
        { role: `${name}_worker`, statement: '30s', readOnly: 'off' },
        { role: `${name}_query`, statement: '5s', readOnly: 'on' },
      ]);
      expect(await failure(pools.app.query('DELETE FROM kernel.events'))).toBe('42501');
      expect(await failure(pools.app.query('SELECT * FROM kernel_owner.role_passwords'))).toBe('42501');
    });
  });

  it('takes the right to make temporary objects from its roles, also after the database was copied', async () => {
    const ownerUrl = await ownedDatabase('temporary', 'CREATEROLE');
    const name = new URL(ownerUrl).pathname.slice(1);
    await prepareDatabase({ ownerUrl, settings });
    await withOwner(ownerUrl, (client) => client.query(`GRANT TEMPORARY ON DATABASE ${name} TO PUBLIC`));
    const prepared = await prepareDatabase({ ownerUrl, settings });
    expect(prepared.warnings.filter((warning) => warning.includes('temporary'))).toEqual([]);
    await withPools(prepared, async (pools) => {
      for (const pool of [pools.app, pools.worker])
        expect(await failure(pool.query('CREATE TEMPORARY TABLE x ()'))).toBe('42501');
      const { rows } = await pools.query.query(`SELECT has_database_privilege($1, 'TEMPORARY') AS may`, [name]);
      expect(rows).toEqual([{ may: false }]);
    });
  });

  it('gives its roles new passwords where the table of them was emptied, or left out of a restore', async () => {
    const ownerUrl = await ownedDatabase('rotated', 'CREATEROLE', db.direct.url);
    const first = await prepareDatabase({ ownerUrl, settings });
    await withOwner(ownerUrl, (client) => client.query('DELETE FROM kernel_owner.role_passwords'));
    const second = await prepareDatabase({ ownerUrl, settings });
    expect(new URL(second.logins.app.url).password).not.toBe(new URL(first.logins.app.url).password);
    await withPools(second, async (pools) => expect((await pools.app.query('SELECT 1')).rowCount).toBe(1));
    await withPools(first, async (pools) => expect(await failure(pools.app.query('SELECT 1'))).toBe('28P01'));
  });

  it('warns of a role that commits without waiting for the disk, or of a database that does', async () => {
    const ownerUrl = await ownedDatabase('unsafe', 'CREATEROLE');
    const name = new URL(ownerUrl).pathname.slice(1);
    await prepareDatabase({ ownerUrl, settings });
    await withOwner(ownerUrl, async (client) => {
      await client.query(`ALTER ROLE ${name}_worker SET synchronous_commit = off`);
      await client.query(`ALTER DATABASE ${name} SET synchronous_commit = off`);
    });
    const { warnings } = await prepareDatabase({ ownerUrl, settings });
    expect(warnings).toContainEqual(expect.stringContaining(`synchronous_commit=off (of role ${name}_worker)`));
    expect(warnings).toContainEqual(expect.stringContaining('synchronous_commit=off (of this database)'));
  });

  it('is prepared once by several starts at once', async () => {
    const ownerUrl = await ownedDatabase('many', 'CREATEROLE');
    const starts = await Promise.all([1, 2, 3].map(() => prepareDatabase({ ownerUrl, settings })));
    expect(new Set(starts.map(({ logins }) => logins.app.url)).size).toBe(1);
    expect(starts.flatMap(({ applied }) => applied).filter((title) => title === 'kernel/0001-event-log')).toHaveLength(
      1,
    );
  });

  it('takes over changed time-outs', async () => {
    // A pooler's sessions have the old ones until it is told to reconnect, and the start says so.
    const ownerUrl = await ownedDatabase('changed', 'CREATEROLE', db.direct.url);
    await prepareDatabase({ ownerUrl, settings });
    const prepared = await prepareDatabase({ ownerUrl, settings: { ...settings, statementTimeoutMs: 3_000 } });
    await withPools(prepared, async (pools) => {
      expect((await pools.app.query(STATE)).rows[0]).toMatchObject({ statement: '3s' });
    });
  });

  it('keeps its roles when the owner may make none any more, and brings new settings with each session', async () => {
    const ownerUrl = await ownedDatabase('demoted', 'CREATEROLE', db.direct.url);
    const name = new URL(ownerUrl).pathname.slice(1);
    const first = await prepareDatabase({ ownerUrl, settings });
    await admin.query(`ALTER ROLE "${new URL(ownerUrl).username}" NOCREATEROLE`);
    await admin.query(`ALTER ROLE ${name}_app IN DATABASE ${name} RESET enable_seqscan`);
    const second = await prepareDatabase({ ownerUrl, settings });
    expect(second.logins.app.url).toBe(first.logins.app.url);
    await withPools(second, async (pools) => {
      expect((await pools.app.query(STATE)).rows).toEqual([{ role: `${name}_app`, statement: '5s', readOnly: 'off' }]);
      expect((await pools.app.query(PLANS)).rows).toEqual([{ passes: 'off', jit: 'off' }]);
    });
  });

  it('leaves a role’s own limits as an administrator has set them, and adds what it lacks', async () => {
    const ownerUrl = await ownedDatabase('own_limits', '', db.direct.url);
    const role = new URL(ownerUrl).username;
    await admin.query(
      `ALTER ROLE "${role}" SET statement_timeout = '7s'; ALTER ROLE "${role}" SET enable_seqscan = on`,
    );
    const prepared = await prepareDatabase({ ownerUrl, settings });
    await withPools(prepared, async (pools) => {
      expect((await pools.app.query(STATE)).rows).toEqual([{ role, statement: '7s', readOnly: 'off' }]);
      expect((await pools.app.query(PLANS)).rows).toEqual([{ passes: 'on', jit: 'off' }]);
    });
  });

  it('leaves a role alone that has the name but isn’t its own', async () => {
    const ownerUrl = await ownedDatabase('taken', 'CREATEROLE');
    const name = new URL(ownerUrl).pathname.slice(1);
    await admin.query(`CREATE ROLE ${name}_app LOGIN PASSWORD 'theirs'`);
    const { logins, warnings } = await prepareDatabase({ ownerUrl, settings });
    expect(logins.app.url).toBe(ownerUrl);
    expect(warnings.join()).toContain(`The role ${name}_app already exists`);
    const theirs = new Client(withUser(ownerUrl, `${name}_app`, 'theirs'));
    await theirs.connect();
    await theirs.end();
  });
});

describe('a database whose owner may not create roles', () => {
  it('works with one login, reads in read-only sessions, and is told the SQL to do better', async () => {
    // Settings of a session are what a pooler refuses.
    const ownerUrl = await ownedDatabase('plain', '', db.direct.url);
    const prepared = await prepareDatabase({ ownerUrl, settings });
    expect(prepared.warnings.join('\n')).toMatch(
      /may not create roles[^]*CREATE ROLE "[a-z0-9_]+_app" LOGIN[^]*SET statement_timeout/,
    );
    await withPools(prepared, async (pools) => {
      const states = await Promise.all([pools.app, pools.worker, pools.query].map((pool) => pool.query(STATE)));
      const role = new URL(ownerUrl).username;
      expect(states.map(({ rows }) => rows[0])).toEqual([
        { role, statement: '5s', readOnly: 'off' },
        { role, statement: '30s', readOnly: 'off' },
        { role, statement: '5s', readOnly: 'on' },
      ]);
      expect(await failure(pools.query.query(`INSERT INTO kernel.secrets (name, value) VALUES ('a', 'b')`))).toBe(
        '25006',
      );
    });
  });
});

describe('a database that can’t be used', () => {
  it.each([
    [
      'nobody listens',
      'postgres://waybill:secret@127.0.0.1:1/waybill',
      /127\.0\.0\.1:1\/waybill can't be reached.*Check DATABASE_URL/,
    ],
    ['the address is wrong', 'postgres://waybill:secret@nowhere.invalid/waybill', /nowhere\.invalid.*can't be reached/],
  ])('is refused plainly when %s, without its password', async (_, ownerUrl, text) => {
    const refusal = await prepareDatabase({ ownerUrl, settings }).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(DatabaseRefused);
    expect((refusal as Error).message).toMatch(text);
    expect((refusal as Error).message).not.toContain('secret');
  });

  it('is refused with the way out when the database isn’t there', async () => {
    const url = new URL(db.url);
    url.pathname = '/absent';
    await expect(prepareDatabase({ ownerUrl: url.toString(), settings })).rejects.toThrow(/Create the database/);
  });
});
