/** The kinds of work that have a login of their own. */
export const purposes = ['app', 'worker', 'query'] as const;
export type Purpose = (typeof purposes)[number];
/** The server settings that a kind of work shall have, by name. */
export type LimitsOf = (purpose: Purpose) => Readonly<Record<string, string>>;

/** How long the server lets each kind of work take, in ms. The transaction's own limit exists from version 17 on. */
export interface RoleLimits {
  readonly statementTimeoutMs: number;
  readonly lockTimeoutMs: number;
  readonly idleInTransactionTimeoutMs: number;
  readonly transactionTimeoutMs: number;
  readonly workerStatementTimeoutMs: number;
  readonly workerLockTimeoutMs: number;
  readonly workerIdleInTransactionTimeoutMs: number;
  readonly workerTransactionTimeoutMs: number;
}

const PG_17 = 170_000;
/**
 * Commands and workers find rows by key. A prepared statement keeps the plan of its first uses: over a table that was
 * new and small then, a pass over the whole table, which is read again and again while it grows, until statistics come a
 * minute later. JIT goes with it: before version 18, a plan that can't do without such a pass is expensive enough for it.
 */
const BY_KEY = { enable_seqscan: 'off', jit: 'off' };

/**
 * The server's own limits for each kind of work, and how it plans. The server's defaults are "for ever" everywhere; a client's time-outs
 * don't help where the client itself is stopped while it holds locks.
 */
export function roleSettings(
  purpose: Purpose,
  settings: RoleLimits,
  serverVersion: number,
): Readonly<Record<string, string>> {
  const isWorker = purpose === 'worker';
  const limits: Record<string, string> = {
    statement_timeout: String(isWorker ? settings.workerStatementTimeoutMs : settings.statementTimeoutMs),
    lock_timeout: String(isWorker ? settings.workerLockTimeoutMs : settings.lockTimeoutMs),
    idle_in_transaction_session_timeout: String(
      isWorker ? settings.workerIdleInTransactionTimeoutMs : settings.idleInTransactionTimeoutMs,
    ),
    // The sequencer and the fences depend on seeing what others have committed meanwhile.
    default_transaction_isolation: 'read committed',
    tcp_keepalives_idle: '30',
    tcp_user_timeout: '15000',
    client_connection_check_interval: '5000',
  };
  if (serverVersion >= PG_17) {
    limits['transaction_timeout'] = String(
      isWorker ? settings.workerTransactionTimeoutMs : settings.transactionTimeoutMs,
    );
  }
  if (purpose === 'query') return { ...limits, default_transaction_read_only: 'on' };
  return { ...limits, ...BY_KEY };
}

/** The same as start options of a connection, for logins whose role can't be given settings. */
export function asServerOptions(limits: Readonly<Record<string, string>>): string {
  return Object.entries(limits)
    .map(([name, value]) => `-c ${name}=${value.replaceAll(/[\\ ]/g, '\\$&')}`)
    .join(' ');
}
