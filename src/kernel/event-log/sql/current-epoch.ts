import type { Queryable } from './queryable.js';

export interface EpochRow {
  readonly epoch: string;
  /** As `logIdentity` gave it when the epoch began. */
  readonly identity: string;
}

export async function currentEpoch(on: Queryable): Promise<EpochRow | undefined> {
  const { rows } = await on.query<EpochRow & { [column: string]: unknown }>({
    name: 'kernel_current_epoch',
    text: 'SELECT epoch, identity FROM kernel.epochs ORDER BY id DESC LIMIT 1',
  });
  return rows[0];
}

/**
 * Identifies a log: a failover changes the timeline, a restore into another cluster the system identifier, one
 * into this cluster the oids of the database or of the table. The timeline is taken from the name of the current WAL file:
 * pg_control still has the old one right after a promotion. Undefined on a standby, which has no log of its own.
 */
export async function logIdentity(on: Queryable): Promise<string | undefined> {
  const { rows } = await on.query<{ identity: string | null }>({
    text: `SELECT CASE WHEN NOT pg_is_in_recovery() THEN
             concat_ws('/', (SELECT system_identifier FROM pg_control_system()), left(pg_walfile_name(pg_current_wal_lsn()), 8),
               (SELECT oid FROM pg_database WHERE datname = current_database()),
               (SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'kernel' AND c.relname = 'events'))
           END AS identity`,
  });
  return rows[0]!.identity ?? undefined;
}

export interface BegunEpoch {
  readonly epoch: string;
  /** This call began it; false: the log is still the one of the epoch that it found. */
  readonly isNew: boolean;
  /** Subscriptions that have seen what this log doesn't hold, and stand still from now on. */
  readonly diverged: readonly string[];
}

/** Begins an epoch unless the current one is of this log; with `known` also then, as long as that one is the current one.
 *  Replicas that do so at once agree on one. */
export async function beginEpoch(
  on: Queryable,
  of: EpochRow & { readonly reason: string; readonly known?: string | undefined },
): Promise<BegunEpoch> {
  const { rows } = await on.query<BegunEpoch & { [column: string]: unknown }>({
    text: 'SELECT epoch, is_new AS "isNew", diverged FROM kernel.begin_epoch($1, $2, $3, $4)',
    values: [of.epoch, of.identity, of.reason, of.known ?? null],
  });
  return rows[0]!;
}
