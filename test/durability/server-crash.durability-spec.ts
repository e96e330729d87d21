import { freshDatabase, type FreshDatabase } from '#platform/testing';
import { ShopUnderLoad } from '../support/load-shop.js';
import { chaos, chaosRounds } from '../support/seed.js';

const KILLS = 3 * chaosRounds();
const TIMEOUT_MS = 60_000 + KILLS * 30_000;

let db: FreshDatabase;
let shop: ShopUnderLoad;
beforeEach(async () => {
  db = await freshDatabase(import.meta.url);
  shop = await ShopUnderLoad.open(db.environment);
}, 60_000);
afterEach(async () => {
  await shop.close();
  await db.drop();
}, 60_000);

describe('a server that is killed again and again while clients order', () => {
  it(
    'has every acknowledged order once, as it was acknowledged, and nothing else',
    async () => {
      const seed = chaos('server killed');
      const load = shop.startLoad(seed);
      for (let kill = 0; kill < KILLS; kill += 1) {
        await shop.ledger.more(seed.between(20, 150));
        await shop.server.kill();
        await shop.server.start();
      }
      await shop.ledger.more(20);
      await load.stop();

      const { violations, orders, acknowledged } = await shop.verdict();
      process.stderr.write(`${orders} orders, ${acknowledged} acknowledgements, ${KILLS} kills of the server\n`);
      expect(violations).toEqual([]);
      expect(orders).toBeGreaterThan(KILLS * 20);
    },
    TIMEOUT_MS,
  );
});

describe('the checker (control)', () => {
  it(
    'finds the doubled orders of clients that repeat without a key',
    async () => {
      const seed = chaos('clients without keys');
      const load = shop.startLoad(seed, { sendsKeys: false, dropped: 0.2 });
      await shop.ledger.more(150);
      await load.stop();

      const { violations } = await shop.verdict();
      expect(violations).toContainEqual(
        expect.stringMatching(/^G3: one order for one key: order-\d+-\d+ has 2 orders/),
      );
      expect(violations.filter((violation) => violation.startsWith('I3') || violation.startsWith('I10'))).toEqual([]);
    },
    TIMEOUT_MS,
  );
});
