import { Client } from 'pg';
import { freshDatabase, type FreshDatabase } from '#platform/testing';
import { until } from '#kernel/testing';
import { ForeignApp } from '../support/foreign-app.js';
import type { BuiltProgram } from '../support/processes.js';

/** One login that owns its database and may do nothing else on the server. */
const OWNER = `waybill_foreign_${process.pid}`;
const STARTS_MS = 120_000;

let db: FreshDatabase;
let app: ForeignApp;
let url: string;
let client: Client;
const started: BuiltProgram[] = [];

beforeAll(async () => {
  db = await freshDatabase(import.meta.url);
  app = await ForeignApp.install();
  const admin = new Client(db.url);
  await admin.connect();
  await admin.query(`CREATE ROLE ${OWNER} LOGIN PASSWORD 'owner'`);
  await admin.query(`CREATE DATABASE ${OWNER} OWNER ${OWNER}`);
  await admin.end();
  url = Object.assign(new URL(db.url), { username: OWNER, password: 'owner', pathname: `/${OWNER}` }).toString();
  client = new Client(url);
  await client.connect();
}, STARTS_MS);

afterAll(async () => {
  await Promise.all(started.filter(({ isRunning }) => isRunning).map((program) => program.kill()));
  await client.end();
  const admin = new Client(db.url);
  await admin.connect();
  await admin.query(`DROP DATABASE ${OWNER} WITH (FORCE)`);
  await admin.query(`DROP ROLE ${OWNER}`);
  await admin.end();
  app.remove();
  await db.drop();
}, STARTS_MS);

function start(...args: readonly string[]): BuiltProgram {
  const program = app.start(url, ...args);
  started.push(program);
  return program;
}

/** Books whose loan was noted, as often as it was. */
async function noted(): Promise<string[]> {
  const { rows } = await client.query<{ book: string }>('SELECT book_id AS book FROM lending.loans ORDER BY 1');
  return rows.map(({ book }) => book);
}

/** Books whose loan is in the log. */
async function lent(): Promise<string[]> {
  const { rows } = await client.query<{ book: string }>(
    `SELECT data->>'bookId' AS book FROM kernel.events WHERE name = 'lending.book-lent' ORDER BY id`,
  );
  return rows.map(({ book }) => book);
}

/** Whether the subscription has passed the event about a book: nothing more can come of it. */
async function isPassed(book: string): Promise<boolean> {
  const { rowCount } = await client.query(
    `SELECT FROM kernel.events e JOIN kernel.log l ON l.event_id = e.id
      WHERE e.data->>'bookId' = $1
        AND EXISTS (SELECT FROM kernel.checkpoints c WHERE c.subscription = 'lending.note-loan-when-book-lent')
        AND NOT EXISTS (SELECT FROM kernel.checkpoints c
                         WHERE c.subscription = 'lending.note-loan-when-book-lent' AND c.position < l.position)`,
    [book],
  );
  return rowCount === 1;
}

describe('an application of somebody else on the kernel’s package alone, with one login', () => {
  it(
    'handles an event once in effect, whose handler was killed between the command’s commit and its own',
    async () => {
      const killed = start('emma', '--stay');
      await killed.said(/lent emma/);
      await killed.said(/handler is at its end/);
      expect(await lent()).toEqual(['emma']);
      expect(await killed.kill()).toEqual({ code: null, signal: 'SIGKILL' });
      expect(await noted()).toEqual([]);

      const next = start();
      await until('the event is handled', () => isPassed('emma'), STARTS_MS);
      expect(await noted()).toEqual(['emma']);
      expect(await lent()).toEqual(['emma']);
      await next.kill('SIGTERM');
    },
    STARTS_MS,
  );

  it(
    'handles nothing without a process that runs subscriptions, and all of it once there is one',
    async () => {
      const sender = start('persuasion', '--no-subscriptions');
      await sender.said(/ready/);
      expect(await lent()).toContain('persuasion');
      await sender.kill('SIGTERM');
      expect(await isPassed('persuasion')).toBe(false);
      expect(await noted()).not.toContain('persuasion');

      start();
      await until('the event is handled', () => isPassed('persuasion'), STARTS_MS);
      expect((await noted()).filter((book) => book === 'persuasion')).toHaveLength(1);
    },
    STARTS_MS,
  );

  it(
    'refuses what its rules refuse, also after a restart',
    async () => {
      const first = start('mansfield', '--no-subscriptions');
      await first.said(/ready/);
      await first.kill('SIGTERM');
      const again = start('mansfield', '--no-subscriptions');
      expect((await again.ended).code).toBe(1);
      expect(again.output).toContain('Book mansfield is on loan');
    },
    STARTS_MS,
  );
});
