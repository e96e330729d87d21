import { withOwner } from '../../../src/platform/database/prepare.js';
import { until } from '../../../src/kernel/testing/until.js';
import { rowsOf } from '../ledger-facts.js';
import { Operator } from '../shop-client.js';
import { after, type Injected, type Scene } from './scene.js';

const SUBSCRIPTION = 'rig.probe';
const FEWEST = 4;
const MOST = 16;
/** Partitions come to one position when there is nothing to do. */
const QUIET_MS = 20_000;
/** Workers keep their leases for so long without a renewal: 0.6 of their length, at most this. */
const MOST_STALE_MS = 4_000;

/**
 * The probe is paused, its partitions are split or merged, and it is resumed, in a quiet log while no worker hears
 * notifications or can renew its leases: at the next events they work by leases of the layout before.
 */
export async function repartition({ fleet }: Scene, factor: 0.5 | 2): Promise<Injected> {
  const workers = fleet.members.filter(({ role }) => role === 'worker');
  const from = await partitionsAtOnePosition(fleet.ownerUrl);
  const to = from * factor < FEWEST ? from * 2 : from * factor > MOST ? from / 2 : from * factor;
  const operator = await Operator.at(fleet.apis[0]!.url);
  for (const worker of workers) worker.deafen(true);
  const staleMs = Math.min(MOST_STALE_MS, fleet.leaseMs * 0.6);
  const { freed } = await holdRenewals(fleet.ownerUrl, staleMs);
  await operator.repartition(SUBSCRIPTION, to);
  const heal = after(staleMs, async () => {
    await freed;
    for (const worker of workers) worker.deafen(false);
  });
  return { detail: `${from} to ${to} partitions`, heal };
}

/** Waits until the subscription stands still. @returns its number of partitions */
async function partitionsAtOnePosition(ownerUrl: string): Promise<number> {
  let partitions = 0;
  await until(
    `${SUBSCRIPTION} stands at one position`,
    async () => {
      const [row] = await withOwner(ownerUrl, (client) =>
        rowsOf<{ partitions: number; isQuiet: boolean }>(
          client,
          `SELECT count(*)::int AS partitions, min(position) = (SELECT head FROM kernel.log_state) AS "isQuiet"
             FROM kernel.checkpoints WHERE subscription = '${SUBSCRIPTION}'`,
        ),
      );
      partitions = row!.partitions;
      return row!.isQuiet;
    },
    QUIET_MS,
  );
  return partitions;
}

/** Renewals wait for a lock from now on, for so many milliseconds. @returns when they go on */
async function holdRenewals(ownerUrl: string, ms: number): Promise<{ readonly freed: Promise<void> }> {
  let isHeld!: () => void;
  const held = new Promise<void>((resolve) => (isHeld = resolve));
  const freed = withOwner(ownerUrl, async (client) => {
    await client.query('BEGIN; LOCK TABLE kernel.replicas IN EXCLUSIVE MODE');
    isHeld();
    await after(ms, () => client.query('ROLLBACK'))();
  });
  await Promise.race([held, freed]);
  return { freed };
}
