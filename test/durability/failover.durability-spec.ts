import { withOwner } from '../../src/platform/database/prepare.js';
import { FaultRig, type CycleVerdict } from '../support/faults/fault-rig.js';
import { plannedFor } from '../support/faults/plan.js';
import { rowsOf } from '../support/ledger-facts.js';
import { readOrders, type Freshness } from '../support/shop-client.js';
import { chaos } from '../support/seed.js';

const TIMEOUT_MS = 240_000;

/** Two servers and two workers run through a promotion; nobody restarts them. */
let rig: FaultRig;
let before: Freshness;
let verdict: CycleVerdict;
beforeAll(async () => {
  const seed = chaos('A promoted standby');
  rig = await FaultRig.start(undefined, { settleMs: 30_000, leaseMs: 15_000 });
  before = await readOrders(rig.fleet.apis[0]!.url, rig.shop);
  verdict = await rig.run({ ...plannedFor({ kind: 'failover' }, 0, seed), before: 20, during: 20 });
}, TIMEOUT_MS);
afterAll(() => rig.stop(), TIMEOUT_MS);

it('a fleet through the promotion of a lagging standby loses, doubles and reorders nothing of the log that is left', () => {
  expect(verdict.violations).toEqual([]);
});

it('the promotion of a standby begins a new epoch of the log while processes run', async () => {
  const epochs = await withOwner(rig.fleet.ownerUrl, (client) =>
    rowsOf<{ reason: string }>(client, 'SELECT reason FROM kernel.epochs ORDER BY id'),
  );
  expect(epochs.map(({ reason }) => reason)).toEqual(['first start', 'other cluster, timeline or database']);
});

it.each([0, 1])('server %d answers a token of before the promotion as of an unknown epoch', async (server) => {
  const { url } = rig.fleet.apis[server]!;
  expect(await readOrders(url, rig.shop, before.token)).toMatchObject({ status: 200, consistency: 'unknown-epoch' });
});

it.each([0, 1])('server %d shows what it lists after a promotion to the token of the other one', async (server) => {
  const { token } = await readOrders(rig.fleet.apis[1 - server]!.url, rig.shop);
  const { url } = rig.fleet.apis[server]!;
  expect(await readOrders(url, rig.shop, token)).toMatchObject({ status: 200, consistency: null });
});

it('servers and workers go on after a promotion without being restarted', () => {
  expect(rig.fleet.members.map(({ lives }) => lives)).toEqual([1, 1, 1, 1]);
});
