import { createToyTables, poolsOf, ToyApp } from '../../../test/support/toy-app.js';
import { CountCommand } from '../../../test/support/toys.js';
import { withOwner } from '../../platform/database/prepare.js';
import { newId } from '../messages/ids.js';
import { freshDatabase, type FreshDatabase } from '../../platform/testing/databases.js';
import { eventually } from '../testing/eventually.js';
import { DeadLetters } from './dead-letters.js';

/** Writing this total takes longer than a worker's statement may. */
const SLOW = 13;
const LIMIT_MS = 250;

let db: FreshDatabase;
let writer: ToyApp;

beforeAll(async () => {
  db = await freshDatabase(import.meta.url);
  await createToyTables(
    db,
    `CREATE FUNCTION toy_read.slowly() RETURNS trigger LANGUAGE plpgsql AS $$
     BEGIN
       IF NEW.total = ${SLOW} THEN PERFORM pg_sleep(${(4 * LIMIT_MS) / 1_000}); END IF;
       RETURN NEW;
     END $$;
     CREATE TRIGGER slowly BEFORE INSERT OR UPDATE ON toy_read.counter_search FOR EACH ROW EXECUTE FUNCTION toy_read.slowly();`,
  );
  writer = await ToyApp.start(db, { kernel: { runSubscriptions: false } });
});
afterAll(async () => {
  await writer.close();
  await db.drop();
});

const search = (): Promise<{ total: number }[]> => writer.rows('SELECT total FROM toy_read.counter_search');

it('an event that always takes too long is stored as failed; those of its batch take effect, and it does once it is fast', async () => {
  for (let n = 0; n < 20; n += 1) await writer.run(new CountCommand(newId(), n === 7 ? SLOW : 1));
  // A pooler passes no options of a connection on.
  const worker = { ...db.direct.logins.worker, serverOptions: `-c statement_timeout=${LIMIT_MS}` };
  const toy = await ToyApp.start(db, { pools: poolsOf(db, {}, { ...db.direct.logins, worker }) });
  const failed = () => toy.get(DeadLetters).find({ subscription: 'toy.counter-search' });
  await eventually(async () => expect(await search()).toHaveLength(19));
  await eventually(async () =>
    expect(await failed()).toMatchObject([{ state: 'retrying', error: expect.stringContaining('statement timeout') }]),
  );
  const [pause] = await toy.rows<{ ms: number }>(
    'SELECT (extract(epoch FROM next_try_at - failed_at) * 1000)::float8 AS ms FROM kernel.failed_events',
  );
  // So that its tries leave the worker to the others for most of the time.
  expect(pause!.ms).toBeGreaterThanOrEqual(4 * LIMIT_MS);
  await withOwner(db.url, (owner) => owner.query('DROP TRIGGER slowly ON toy_read.counter_search'));
  await toy.get(DeadLetters).retry({ subscription: 'toy.counter-search' }, { by: { id: 'ada' }, reason: 'it is fast' });
  await eventually(async () => expect(await search()).toContainEqual({ total: SLOW }));
  await toy.close();
});
