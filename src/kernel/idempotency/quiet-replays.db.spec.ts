import type pg from 'pg';
import { CountCommand, streamOf } from '../../../test/support/toys.js';
import { createToyTables, poolsOf, ToyApp } from '../../../test/support/toy-app.js';
import { newId } from '../messages/ids.js';
import { MessageContext } from '../messages/message-context.js';
import { freshDatabase, type FreshDatabase } from '../../platform/testing/databases.js';
import { PersonalData } from '../commands/personal-data.js';
import { UnitOfWork } from '../commands/unit-of-work.js';

let db: FreshDatabase;
let toy: ToyApp;
/** What the server refused, each with an ERROR and its statement in the server's log. */
const errors: string[] = [];

beforeAll(async () => {
  db = await freshDatabase(import.meta.url);
  await createToyTables(db);
  const pools = poolsOf(db);
  pools.app.on('connect', (client) => {
    const { connection } = client as unknown as { connection: NodeJS.EventEmitter };
    connection.on('errorMessage', ({ code }: pg.DatabaseError) => errors.push(String(code)));
  });
  toy = await ToyApp.start(db, { pools });
});
afterAll(async () => {
  await toy.close();
  await db.drop();
});
beforeEach(() => void errors.splice(0));

const keyed = (key: string): MessageContext =>
  new MessageContext({ idempotency: { key, operation: 'POST /counters', fingerprint: 'as ever' } });

async function rowCount(sql: string): Promise<number> {
  return (await db.pools.app.query(sql)).rowCount ?? 0;
}

describe('a repeat of a known key', () => {
  it('is answered without an error in the log of the database server', async () => {
    const [id, key] = [newId(), newId()];
    const first = await toy.run(new CountCommand(id, 5), keyed(key));
    expect(await toy.run(new CountCommand(id, 5), keyed(key))).toEqual(first);
    expect([await toy.events(streamOf(id)), errors]).toMatchObject([[{ version: 1 }], []]);
  });

  it('writes nothing of what its handler wanted to commit', async () => {
    const [subject, key] = [newId(), newId()];
    const put = (name: string): Promise<unknown> =>
      toy.inCommand(() => toy.get(PersonalData).put({ context: 'toy', subject, data: { name } }), keyed(key));
    await put('first');
    await put('repeat');
    const stored = await toy.rows('SELECT data FROM toy_private.personal_data WHERE subject = $1', subject);
    expect([stored, errors]).toEqual([[{ data: { name: 'first' } }], []]);
  });

  it('rolls back what its handler wrote in a transaction', async () => {
    const key = newId();
    const write = (counter: string): Promise<unknown> =>
      toy.inCommand(async () => {
        const client = await UnitOfWork.current()!.transaction.client();
        await client.query({
          text: 'INSERT INTO toy_read.counters (counter_id, total, version, event_id) VALUES ($1, 1, 1, 1)',
          values: [counter],
        });
        return counter;
      }, keyed(key));
    expect([await write('first'), await write('repeat')]).toEqual(['first', 'first']);
    const written = await rowCount(`SELECT FROM toy_read.counters WHERE counter_id IN ('first', 'repeat')`);
    expect([written, errors]).toEqual([1, []]);
  });

  it('of many at once is no error either, and takes effect once', async () => {
    const [id, key] = [newId(), newId()];
    await Promise.all(Array.from({ length: 20 }, () => toy.run(new CountCommand(id, 1), keyed(key))));
    expect([(await toy.events(streamOf(id))).length, errors.filter((code) => code === 'WB001')]).toEqual([1, []]);
  });
});
