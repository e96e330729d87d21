import { join } from 'node:path';
import { configurationOf, type Environment } from '#config';
import { freshDatabase, type FreshDatabase } from '#platform/testing';
import { boot } from '../../src/boot.js';
import { withOwner } from '../../src/platform/database/prepare.js';
import { violationsOfImport } from '../support/import-check.js';
import { TemporaryFolder, madeUpBooks, type Books } from '../support/import-folders.js';
import { readFacts, settled, taken } from '../support/ledger-facts.js';
import { violationsAtRest } from '../support/ledger-rest.js';
import { KillableDatabase } from '../support/processes-database.js';
import { BuiltProgram, startImport } from '../support/processes.js';
import { chaos, chaosRounds, type Seeded } from '../support/seed.js';

const KILLS = 4 * chaosRounds();
const ORDERS = 300 * chaosRounds();
const TIMEOUT_MS = 60_000 + KILLS * 30_000;

let db: FreshDatabase;
let folder: TemporaryFolder;
let books: Books;
beforeEach(async () => {
  db = await freshDatabase(import.meta.url);
}, 30_000);
afterEach(async () => {
  folder.discard();
  await db.drop();
}, 30_000);

function write(orders: number): void {
  books = madeUpBooks(orders);
  folder = TemporaryFolder.of(books);
}

/** What is wrong once everything is in and folded. */
async function violations(environment: Environment = db.environment): Promise<string[]> {
  const configuration = configurationOf(environment);
  const waybill = await boot(configuration, { serves: 'nothing', runSubscriptions: true, logger: false });
  await settled(configuration.database.url!);
  await waybill.stop();
  const facts = await readFacts(configuration.database.url!);
  return [...violationsOfImport(books, facts), ...violationsAtRest(facts)];
}

/** Kills the process once so many rows are in; false if it ended before. */
function killedAt(program: BuiltProgram, rows: number): Promise<boolean> {
  return withOwner(db.url, async (client) => {
    await taken(client, rows, () => program.isRunning);
    return (await program.kill()).signal === 'SIGKILL';
  });
}

const aside = (): number => books.products.length + books.customers.length;

/** Counts of rows at which to kill: the first one among products and customers, the others ever further into the orders. */
function killPoints(seed: Seeded): number[] {
  const points = Array.from({ length: KILLS - 1 }, () => aside() + seed.between(1, ORDERS - 20));
  return [seed.between(1, aside()), ...points.toSorted((a, b) => a - b)];
}

describe('an import that is killed again and again', () => {
  it(
    'takes everything in once when it is run again until it is done',
    async () => {
      write(ORDERS);
      const seed = chaos('import killed');
      let kills = 0;
      for (const rows of killPoints(seed)) {
        if (await killedAt(startImport(folder.path, db.environment), rows)) kills += 1;
      }
      const last = startImport(folder.path, db.environment);
      expect(await last.ended).toEqual({ code: 0, signal: null });
      const again = startImport(folder.path, db.environment);
      expect(await again.ended).toEqual({ code: 0, signal: null });

      process.stderr.write(`${ORDERS} orders, ${kills} kills of the import\n`);
      expect(kills).toBeGreaterThan(KILLS / 2);
      expect(await violations()).toEqual([]);
      expect(again.output).toContain(`${ORDERS} already there,   0 bad`);
    },
    TIMEOUT_MS,
  );
});

describe('an import whose PostgreSQL is killed', () => {
  let database: KillableDatabase;
  beforeEach(async () => void (database = await KillableDatabase.start()), 60_000);
  afterEach(() => database.stop(), 60_000);

  it(
    'waits until it is back, and takes everything in once',
    async () => {
      write(200);
      const seed = chaos('PostgreSQL of an import killed');
      const program = startImport(folder.path, database.environment);
      await database.takenIn(aside() + seed.between(1, 50));
      await database.killBackend(seed);
      await database.takenIn(aside() + seed.between(80, 150));
      await database.killPostmaster();
      expect(await program.ended).toEqual({ code: 0, signal: null });
      expect(await violations(database.environment)).toEqual([]);
    },
    TIMEOUT_MS,
  );
});

describe('the checker (control)', () => {
  /** A row is noted as done at 25, 50, 75 …; killed between two notes, the notes and the orders disagree. */
  const hasty = (noted: 'before' | 'after', environment: Environment): BuiltProgram =>
    BuiltProgram.start('test/support/hasty-import.mjs', [folder.path, join(folder.path, 'notes'), noted], {
      LOG_LEVEL: 'error',
      ...environment,
    });

  it.each([
    ['after', 'doubled', /is there 2 times$/],
    ['before', 'missed', /is there 0 times$/],
  ] as const)(
    'finds what an import that notes its progress %s the work has %s',
    async (noted, _what, complaint) => {
      write(60);
      expect(await killedAt(hasty(noted, db.environment), aside() + 30)).toBe(true);
      expect(await hasty(noted, db.environment).ended).toEqual({ code: 0, signal: null });
      expect(await violations()).toContainEqual(expect.stringMatching(complaint));
    },
    TIMEOUT_MS,
  );
});
