import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { built } from './built.mjs';

const { configurationOf } = await built('config/index.js');
const { typeParsers } = await built('kernel/database/type-parsers.js');
const { prepareDatabase } = await built('platform/database/prepare.js');

const CATCH_UP_TIMEOUT_MS = 120_000;

/** The same server, another database. */
export function databaseUrl(ownerUrl, name) {
  const url = new URL(ownerUrl);
  url.pathname = `/${name}`;
  return url.toString();
}

/** Runs work with a connection of the owner's, which reads values as the kernel's own connections do. */
export async function withOwner(ownerUrl, work) {
  const client = new pg.Client({ connectionString: ownerUrl, types: typeParsers });
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
  await untilNot(ownerUrl, VIEWS_BEHIND, 'The views have not caught up in time.');
}

/** Resolves once all that follows from what is committed now has happened: views, event handlers, effects. */
export async function workDone(ownerUrl) {
  await viewsCaughtUp(ownerUrl);
  await untilNot(ownerUrl, HANDLERS_BEHIND, 'The event handlers have not caught up in time.');
  await untilNot(ownerUrl, EFFECTS_OPEN, 'The effects have not ended in time.');
}

async function untilNot(ownerUrl, isBehind, complaint) {
  const giveUpAt = Date.now() + CATCH_UP_TIMEOUT_MS;
  await withOwner(ownerUrl, async (client) => {
    while ((await client.query(isBehind)).rows[0].behind) {
      if (Date.now() > giveUpAt) throw new Error(complaint);
      await pause(20);
    }
  });
}

const VIEWS_BEHIND = `SELECT EXISTS (SELECT FROM kernel.events WHERE id > s.highest_id) OR s.head > coalesce(
              (SELECT min(position) FROM kernel.checkpoints JOIN kernel.subscriptions ON name = subscription AND kind = 'async'), 0) AS behind
       FROM kernel.log_state s`;
/** Behind the last event that they take: over others their checkpoints move seldom. */
const HANDLERS_BEHIND = `SELECT coalesce(bool_or(
         (SELECT min(c.position) FROM kernel.checkpoints c WHERE c.subscription = s.name) <
         (SELECT l.position FROM kernel.log l JOIN kernel.events e ON e.id = l.event_id
           WHERE e.name = ANY (s.events) ORDER BY l.position DESC LIMIT 1)), false) AS behind
    FROM kernel.subscriptions s WHERE s.kind = 'handler'`;
const EFFECTS_OPEN = `SELECT EXISTS (SELECT FROM kernel.effects WHERE state IN ('pending', 'running')) AS behind`;
