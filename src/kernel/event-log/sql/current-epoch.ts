import type { Queryable } from './queryable.js';

/** What tells one log from another: a restore changes the cluster or what it holds, a failover the timeline. */
export interface EpochRow {
  readonly epoch: string;
  readonly system_identifier: string;
  readonly timeline: string;
}

export interface ClusterIdentity {
  readonly system_identifier: string;
  /** From the name of the current WAL file: pg_control still tells the old timeline right after a promotion. */
  readonly timeline: string;
}

export async function currentEpoch(on: Queryable): Promise<EpochRow | undefined> {
  const { rows } = await on.query<EpochRow>({
    name: 'kernel_current_epoch',
    text: 'SELECT epoch, system_identifier, timeline FROM kernel.epochs ORDER BY started_at DESC LIMIT 1',
  });
  return rows[0];
}

export async function clusterIdentity(on: Queryable): Promise<ClusterIdentity> {
  const { rows } = await on.query<ClusterIdentity>({
    text: `SELECT (SELECT system_identifier::text FROM pg_control_system()) AS system_identifier,
                  left(pg_walfile_name(pg_current_wal_lsn()), 8) AS timeline`,
  });
  return rows[0]!;
}

/** Adds an epoch, which is the current one from then on. Under a lock of the table, or two processes may differ. */
export async function beginEpoch(tx: Queryable, of: EpochRow & { readonly reason: string }): Promise<void> {
  await tx.query({
    text: 'INSERT INTO kernel.epochs (epoch, system_identifier, timeline, reason) VALUES ($1, $2, $3, $4)',
    values: [of.epoch, of.system_identifier, of.timeline, of.reason],
  });
}
