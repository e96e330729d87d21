import type { Queryable } from '../../event-log/sql/queryable.js';

export interface LeaseRow {
  readonly subscription: string;
  readonly partition: number;
  /** Higher for each new owner. */
  readonly token: number;
  /** Into how many partitions the subscription is split now. */
  readonly partitions: number;
}

/** Makes a starting replica known before it registers its events. */
export async function announceReplica(
  on: Queryable,
  of: { readonly replica: string; readonly knows: readonly string[] },
): Promise<void> {
  await on.query({ text: 'SELECT kernel.announce_replica($1, $2)', values: [of.replica, of.knows] });
}

/** Records that the replica is alive; renews, gives up and takes leases by fair share. Returns what it owns. */
export async function keepLeases(
  on: Queryable,
  of: {
    readonly replica: string;
    readonly runs: readonly string[];
    readonly knows: readonly string[];
    readonly leaseMs: number;
  },
): Promise<LeaseRow[]> {
  const { rows } = await on.query<LeaseRow & { [column: string]: unknown }>({
    name: 'kernel_keep_leases',
    text: `SELECT subscription, partition, token, partitions
             FROM kernel.keep_leases($1, $2, $3, $4 * interval '1 millisecond') ORDER BY subscription, partition`,
    values: [of.replica, of.runs, of.knows, of.leaseMs],
  });
  return rows;
}

export async function releaseLeases(on: Queryable, replica: string): Promise<void> {
  await on.query({ text: 'SELECT kernel.release_leases($1)', values: [replica] });
}
