import { Client } from 'pg';
import { createToyTables, ToyApp } from '../../../test/support/toy-app.js';
import { CountCommand } from '../../../test/support/toys.js';
import { newId } from '../messages/ids.js';
import { freshDatabase, type FreshDatabase } from '../../platform/testing/databases.js';
import type { CommitWrite } from '../commands/commit-statement.js';
import { CommitRows } from '../commands/commit-rows.js';

let db: FreshDatabase;
let toy: ToyApp;

beforeAll(async () => {
  db = await freshDatabase(import.meta.url);
  await createToyTables(db);
  toy = await ToyApp.start(db, { kernel: { runSubscriptions: false } });
});
afterAll(async () => {
  await toy.close();
  await db.drop();
});

describe('a lock time-out on the keys of commands', () => {
  it('is no request with the same key under way where the whole table is locked', async () => {
    const owner = new Client(db.direct.url);
    await owner.connect();
    await owner.query('BEGIN');
    await owner.query('LOCK TABLE kernel.idempotency IN SHARE MODE');
    try {
      const idempotency = { key: newId(), operation: 'POST /counters', fingerprint: 'as ever' };
      const command = toy.run(new CountCommand(newId(), 1), { idempotency });
      await expect(command).rejects.toMatchObject({ code: 'concurrency-conflict' });
    } finally {
      await owner.end();
    }
  }, 20_000);
});

describe('rows that commit with the events', () => {
  it('are refused when two definitions have one id: the commit would run one’s SQL for both', async () => {
    const write = (): CommitWrite => ({ id: 'toy.boxes', sql: (param) => `SELECT ${param}` });
    const command = toy.inCommand(() => {
      toy.get(CommitRows).write(write(), { id: 'a' });
      toy.get(CommitRows).write(write(), { id: 'b' });
    });
    await expect(command).rejects.toThrow('Two writes have the id toy.boxes');
  });
});
