import { ShopUnderLoad } from '../support/load-shop.js';
import { KillableDatabase } from '../support/processes-database.js';
import { chaos, chaosRounds } from '../support/seed.js';

const KILLS = 4 * chaosRounds();
const TIMEOUT_MS = 60_000 + KILLS * 30_000;

let database: KillableDatabase;
let shop: ShopUnderLoad;
beforeEach(async () => {
  database = await KillableDatabase.start();
  shop = await ShopUnderLoad.open(database.environment);
}, 60_000);
afterEach(async () => {
  await shop.close();
  await database.stop();
}, 60_000);

describe('a PostgreSQL that is killed again and again while clients order', () => {
  it(
    'keeps every acknowledged order, and the server goes on by itself',
    async () => {
      const seed = chaos('PostgreSQL killed');
      const load = shop.startLoad(seed);
      for (let kill = 0; kill < KILLS; kill += 1) {
        await shop.ledger.more(seed.between(20, 150));
        if (kill % 2 === 0) await database.killBackend(seed);
        else await database.killPostmaster();
      }
      await shop.ledger.more(20);
      await load.stop();

      const { violations, orders, acknowledged } = await shop.verdict();
      process.stderr.write(`${orders} orders, ${acknowledged} acknowledgements, ${KILLS} kills of PostgreSQL\n`);
      expect(violations).toEqual([]);
      expect(shop.server.lives).toBe(1);
    },
    TIMEOUT_MS,
  );
});

describe('the checker (control)', () => {
  it(
    'finds the lost orders of a PostgreSQL that acknowledges before it has written',
    async () => {
      const seed = chaos('PostgreSQL that acknowledges too early');
      await database.set({ synchronous_commit: 'off', wal_writer_delay: '10s', wal_writer_flush_after: '1GB' });
      const load = shop.startLoad(seed);
      await shop.ledger.more(150);
      await database.killBackend(seed);
      await shop.ledger.more(20);
      await load.stop();

      const { violations } = await shop.verdict();
      expect(violations).toContainEqual(
        expect.stringMatching(/^G1: what was acknowledged exists.*: there is no order/),
      );
    },
    TIMEOUT_MS,
  );
});
