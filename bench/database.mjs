import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { built } from './built.mjs';

const { configurationOf } = await built('config/index.js');
const { prepareDatabase } = await built('kernel/database/prepare.js');

const CATCH_UP_TIMEOUT_MS = 120_000;

/** The same server, another database. */
export function databaseUrl(ownerUrl, name) {
  const url = new URL(ownerUrl);
  url.pathname = `/${name}`;
  return url.toString();
}

/** Runs work with a connection of the owner's. */
export async function withOwner(ownerUrl, work) {
  const client = new pg.Client({ connectionString: ownerUrl });
  client.on('error', () => undefined); // the next query says it
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** A new, migrated database beside the server's own. @returns its owner's URL */
export async function addDatabase(ownerUrl, name) {
  await withOwner(ownerUrl, (client) => client.query(`CREATE DATABASE ${name}`));
  const url = databaseUrl(ownerUrl, name);
  await loginsOf(url);
  return url;
}

/** The logins of the server's own connections; migrates first, if need be. */
export async function loginsOf(ownerUrl) {
  const { logins } = await prepareDatabase({ ownerUrl, settings: databaseSettings(ownerUrl) });
  return logins;
}

/** The settings of a process that uses a database, pool sizes among them: the defaults. */
export function databaseSettings(ownerUrl) {
  return configurationOf({ DATABASE_URL: ownerUrl, AUTH_MODE: 'dev' }).database;
}

/** Goods and customers as they are in another database. */
export async function copyMasterData(fromUrl, toUrl) {
  await withOwner(fromUrl, (from) =>
    withOwner(toUrl, async (to) => {
      for (const table of ['catalog.products', 'customers.customers']) {
        const { rows } = await from.query(`SELECT jsonb_agg(t) AS rows FROM ${table} t`);
        await to.query(`INSERT INTO ${table} SELECT * FROM jsonb_populate_recordset(null::${table}, $1)`, [
          JSON.stringify(rows[0].rows),
        ]);
      }
    }),
  );
}

/** What makes the database's figures what they are. */
export async function databaseFacts(ownerUrl) {
  return withOwner(ownerUrl, async (client) => {
    const settings = [
      'server_version',
      'fsync',
      'synchronous_commit',
      'full_page_writes',
      'shared_buffers',
      'max_wal_size',
    ];
    const columns = settings.map((name) => `current_setting('${name}') AS ${name}`).join(', ');
    const { rows } = await client.query(`SELECT ${columns}`);
    const { server_version: postgres, ...rest } = rows[0];
    return { postgres, ...rest };
  });
}

/** Resolves once every view has all events that are committed now. */
export async function viewsCaughtUp(ownerUrl) {
  const giveUpAt = Date.now() + CATCH_UP_TIMEOUT_MS;
  await withOwner(ownerUrl, async (client) => {
    while (await isBehind(client)) {
      if (Date.now() > giveUpAt) throw new Error('The views have not caught up in time.');
      await pause(20);
    }
  });
}

async function isBehind(client) {
  const { rows } = await client.query(
    `SELECT EXISTS (SELECT FROM kernel.events WHERE id > s.highest_id) OR s.head > coalesce(
              (SELECT min(position) FROM kernel.checkpoints JOIN kernel.subscriptions ON name = subscription AND kind = 'async'), 0) AS behind
       FROM kernel.log_state s`,
  );
  return rows[0].behind;
}
