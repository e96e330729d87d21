import type { Queryable } from '../../event-log/sql/queryable.js';
import { lockCheckpoints } from './lock-checkpoints.js';
import type { SubscriptionStatus } from './subscription-status.js';

/** Who has paused a subscription, when and why; each null where it isn't paused. */
export interface PauseColumns {
  /** RFC 3339. */
  readonly pausedAt: string | null;
  readonly pausedBy: string | null;
  readonly pauseReason: string | null;
}

/** The columns of a pause in `kernel.subscriptions s`. */
export const PAUSE_COLUMNS = `s.paused_at AS "pausedAt", s.paused_by AS "pausedBy", s.pause_reason AS "pauseReason"`;

export interface LockedSubscription extends PauseColumns {
  readonly kind: SubscriptionStatus['kind'];
}

/** Locks the checkpoints, then the row, as all do who change both. @returns undefined: no such subscription. */
export async function lockSubscription(tx: Queryable, name: string): Promise<LockedSubscription | undefined> {
  await lockCheckpoints(tx, name);
  const { rows } = await tx.query<LockedSubscription & { [column: string]: unknown }>({
    text: `SELECT s.kind, ${PAUSE_COLUMNS} FROM kernel.subscriptions s WHERE s.name = $1 FOR UPDATE`,
    values: [name],
  });
  return rows[0];
}
