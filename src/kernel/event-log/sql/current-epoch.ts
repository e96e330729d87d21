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
