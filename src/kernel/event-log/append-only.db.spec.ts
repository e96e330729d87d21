import { createToyTables, ToyApp } from '../../../test/support/toy-app.js';
import { CountCommand } from '../../../test/support/toys.js';
import { withOwner } from '../../platform/database/prepare.js';
import { newId } from '../messages/ids.js';
import { freshDatabase, type FreshDatabase } from '../../platform/testing/databases.js';
import { settled } from '../testing/settled.js';

let db: FreshDatabase;

beforeAll(async () => {
  db = await freshDatabase(import.meta.url);
  await createToyTables(db);
  const toy = await ToyApp.start(db);
  await toy.run(new CountCommand(newId(), 1));
  await settled(toy.app);
  await toy.close();
});
afterAll(() => db.drop());

const CHANGES = [
  'UPDATE kernel.events SET name = name',
  'DELETE FROM kernel.events',
  'TRUNCATE kernel.events CASCADE',
  'UPDATE kernel.log SET position = position + 1',
  'DELETE FROM kernel.log',
  'TRUNCATE kernel.log',
];

const logged = async (): Promise<object> => {
  const { rows } = await db.pools.worker.query<object>(
    'SELECT (SELECT count(*) FROM kernel.events) AS events, (SELECT count(*) FROM kernel.log) AS positions',
  );
  return rows[0]!;
};

describe.each(['appUrl', 'workerUrl', 'queryUrl'] as const)('the role of %s', (role) => {
  it.each([
    ...CHANGES,
    'INSERT INTO kernel.log (position, event_id) VALUES (99, 99)',
    'UPDATE kernel.log_state SET head = 0',
    'DELETE FROM kernel.streams',
    `ALTER TABLE kernel.events DISABLE TRIGGER ALL`,
  ])('may not: %s', async (statement) => {
    const before = await logged();
    await expect(withOwner(db[role], (client) => client.query(statement))).rejects.toMatchObject({
      code: expect.stringMatching(/^(42501|25006)$/),
    });
    expect(await logged()).toEqual(before);
  });
});

describe('even the owner', () => {
  it.each(CHANGES)('is refused: %s', async (statement) => {
    const before = await logged();
    await expect(withOwner(db.url, (client) => client.query(statement))).rejects.toMatchObject({
      code: 'WB009',
      message: expect.stringContaining('the event log is append-only'),
    });
    expect(await logged()).toEqual(before);
  });
});
