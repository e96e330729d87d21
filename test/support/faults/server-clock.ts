import { withOwner } from '../../../src/platform/database/prepare.js';
import { until } from '../../../src/kernel/testing/until.js';
import type { FleetMember } from './fleet-member.js';
import type { Injected, Scene } from './scene.js';

const MEET_MS = 3_000;

/**
 * What a server leaves whose clock was an hour ahead and has been set right: times of leases, replicas and retries
 * that lie an hour in the future. One worker dies in that moment, so that nobody renews what was its own, and an event
 * waits for its retry. That the server's clock itself jumps while statements run isn't covered: it can't be shifted for one
 * server without another libc.
 */
export async function setServerClockBack({ fleet }: Scene, worker: FleetMember): Promise<Injected> {
  const detail = await withOwner(fleet.ownerUrl, async (client) => {
    const isHolding = async (): Promise<boolean> =>
      (await client.query('SELECT FROM kernel.failed_events LIMIT 1')).rowCount === 1;
    for (const member of fleet.members) await member.arm('sub.after-handler=throw:error@1');
    const holds = await until('an event waits for its retry', isHolding, MEET_MS).then(
      () => true,
      () => false,
    );
    await worker.kill();
    await client.query(AN_HOUR_LATER);
    return holds ? 'an event waited' : 'no event waited';
  });
  for (const member of fleet.members) if (member.isRunning) await member.arm('');
  return { detail, gone: worker };
}

const AN_HOUR_LATER = `
  UPDATE kernel.replicas SET seen_at = seen_at + interval '1 hour';
  UPDATE kernel.leases SET expires_at = expires_at + interval '1 hour';
  UPDATE kernel.failed_events SET next_try_at = next_try_at + interval '1 hour' WHERE next_try_at IS NOT NULL;`;
