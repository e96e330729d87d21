import { newId } from '../messages/ids.js';
import { freshDatabase, type FreshDatabase } from '../../platform/testing/databases.js';
import { claimCommands } from './sql/outgoing-commands.js';

const LONG_MS = 60_000;
let db: FreshDatabase;
beforeAll(async () => {
  db = await freshDatabase(import.meta.url);
});
afterEach(() => db.pools.worker.query(`UPDATE kernel.outgoing_commands SET state = 'cancelled'`));
afterAll(() => db.drop());

/** Stores commands of one instance, in this order. */
async function store(instance: string, ...ids: string[]): Promise<void> {
  for (const id of ids) {
    await db.pools.worker.query({
      text: `INSERT INTO kernel.outgoing_commands (id, instance, name, data, context, due_at)
             VALUES ($1, $2, 'toy.later', '{}', '{}', clock_timestamp())`,
      values: [id, instance],
    });
  }
}

const claim = async (claimMs: number): Promise<string[]> =>
  (await claimCommands(db.pools.worker, 8, claimMs)).map(({ id }) => id);

describe('the claim of a stored command', () => {
  it('keeps every other worker from it as long as it lasts', async () => {
    const id = newId();
    await store('a', id);
    expect(await claim(LONG_MS)).toEqual([id]);
    expect(await claim(LONG_MS)).toEqual([]);
  });

  it('ends by itself, so that a worker that died with it holds nothing up', async () => {
    const id = newId();
    await store('a', id);
    expect(await claim(0)).toEqual([id]);
    expect(await claim(LONG_MS)).toEqual([id]);
  });

  it('holds the later commands of its instance too, and no other instance', async () => {
    const [first, second, other] = [newId(), newId(), newId()];
    await store('a', first, second);
    await store('b', other);
    expect((await claim(LONG_MS)).toSorted()).toEqual([first, other].toSorted());
    expect(await claim(LONG_MS)).toEqual([]);
  });
});
