/**
 * The one place that reads PostgreSQL's, pg's, Node's and TypeORM's errors. Codes alone are not enough: a lost
 * connection has no SQLSTATE, and TypeORM wraps or replaces the driver's errors.
 */

/**
 * - `conflict`: others were faster; the whole unit may be run again (40001, 40P01, WB002, WB012).
 * - `lock-timeout`: waited too long for a lock (55P03).
 * - `timeout`: the server gave up and rolled back (statement, transaction or idle time-out).
 * - `unavailable`: nothing was sent, or the server refused before doing anything; safe to repeat. WB011 (a view is being
 *   rebuilt, or is kept by another release) is one: repeated later, or in another process, it succeeds.
 * - `outcome-unknown`: the connection was lost, or the client gave up, while a statement was under way. A COMMIT may
 *   have happened. For a read it only means that there is no answer.
 * - `unique`: a value that must be unique is taken (23505, WB001 idempotency key, WB003 claimed value).
 * - `bad-value`: a value that the type refuses (class 22, and 23xxx checks that input can break): a hole in validation.
 * - `read-only`: the query side tried to write.
 */
export type FaultKind =
  | 'conflict'
  | 'lock-timeout'
  | 'timeout'
  | 'unavailable'
  | 'outcome-unknown'
  | 'unique'
  | 'bad-value'
  | 'read-only'
  | 'other';

/** What went wrong with the database, distinguished by `kind`; never shown to clients. */
export interface DatabaseFault {
  readonly kind: FaultKind;
  /** SQLSTATE, also of the kernel's own conditions (WB…); undefined where the server reported none. */
  readonly sqlState: string | undefined;
  readonly constraint: string | undefined;
  readonly table: string | undefined;
}

const KIND_OF_SQLSTATE: Readonly<Record<string, FaultKind>> = {
  '40001': 'conflict',
  '40P01': 'conflict',
  WB002: 'conflict',
  WB012: 'conflict',
  '55P03': 'lock-timeout',
  '57014': 'timeout',
  '25P03': 'timeout',
  '25P04': 'timeout',
  '08001': 'unavailable',
  '08004': 'unavailable',
  '57P03': 'unavailable',
  WB011: 'unavailable',
  // The session's statement was planned for another schema, or a pooler handed out a session that never prepared it.
  '26000': 'unavailable',
  // The login itself is refused: a password was changed, or the role may not sign in.
  '28000': 'unavailable',
  '28P01': 'unavailable',
  '57P01': 'outcome-unknown',
  '57P02': 'outcome-unknown',
  '57P04': 'outcome-unknown',
  '57P05': 'outcome-unknown',
  '23505': 'unique',
  WB001: 'unique',
  WB003: 'unique',
  '25006': 'read-only',
};

const KIND_OF_CLASS: Readonly<Record<string, FaultKind>> = {
  // A connection that broke; a pooler reports 08P01 for everything, also of a server lost in the middle of a COMMIT.
  '08': 'outcome-unknown',
  '22': 'bad-value',
  '53': 'unavailable',
};

/** Node's codes of a connection that never came about. */
const NEVER_CONNECTED = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EADDRNOTAVAIL',
  'ENOENT',
]);
/** Node's codes of a connection that broke. */
const CONNECTION_BROKE = new Set(['ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ECONNABORTED']);

/** Texts of errors that come without a code: nothing of the statement reached the server. */
const NOTHING_SENT =
  /timeout exceeded when trying to connect|^timeout expired$|terminated due to connection timeout|Cannot use a pool after calling end|not queryable|Query runner already released|QueryRunner.*released|Connection (is )?not established|password must be a string/i;
/** The texts of pgbouncer, by the code that it has for everything, for a client that has got no session of the server yet. */
const NO_SESSION =
  /server login has been failing|query_wait_timeout|no more connections allowed|cannot connect|authentication failed|no such (user|database)|is (paused|disabled|shutting down)/i;
const PROTOCOL_VIOLATION = '08P01';
/** The server may have done what it was asked. */
const ANSWER_LOST = /Connection terminated|Query read timeout|socket hang up|read ECONNRESET/i;

/**
 * Returns what an error means for the caller. Sees through TypeORM's QueryFailedError (`driverError`), AggregateError and
 * `cause`. Anything that isn't the database's is `other`.
 */
export function classify(error: unknown): DatabaseFault {
  const source = innermost(error);
  const sqlState = sqlStateOf(source);
  return {
    kind: kindOf(source, sqlState),
    sqlState,
    constraint: textOf(source, 'constraint'),
    table: textOf(source, 'table'),
  };
}

function kindOf(source: unknown, sqlState: string | undefined): FaultKind {
  return sqlState === undefined ? kindOfLink(source) : kindOfState(source, sqlState);
}

function kindOfState(source: unknown, sqlState: string): FaultKind {
  if (sqlState === PROTOCOL_VIOLATION && NO_SESSION.test(textOf(source, 'message') ?? '')) return 'unavailable';
  if (isStalePlan(source)) return 'unavailable';
  return KIND_OF_SQLSTATE[sqlState] ?? KIND_OF_CLASS[sqlState.slice(0, 2)] ?? 'other';
}

const fromOwnConnections = new WeakSet<object>();

/** Notes that an error came from one of the kernel's own connections. */
export function ofOwnConnection(error: unknown): unknown {
  if (typeof error === 'object' && error !== null) fromOwnConnections.add(error);
  return error;
}

/** Whether the kernel's own database reported it. Handlers ask other databases too, whose errors have the same codes. */
export function isOfOwnDatabase(error: unknown): boolean {
  const source = innermost(error);
  return typeof source === 'object' && source !== null && fromOwnConnections.has(source);
}

/** A prepared statement that its session can't execute any more. Nothing was done; on another session it works. */
export function isStalePlan(error: unknown): boolean {
  const source = innermost(error);
  const sqlState = sqlStateOf(source);
  if (sqlState === '26000') return true;
  return sqlState === '0A000' && (textOf(source, 'message') ?? '').includes('cached plan must not change result type');
}

/** For an error that the server didn't report. */
function kindOfLink(source: unknown): FaultKind {
  const code = textOf(source, 'code') ?? '';
  if (NEVER_CONNECTED.has(code)) return 'unavailable';
  if (CONNECTION_BROKE.has(code)) return 'outcome-unknown';
  const message = textOf(source, 'message') ?? '';
  if (NOTHING_SENT.test(message)) return 'unavailable';
  return ANSWER_LOST.test(message) ? 'outcome-unknown' : 'other';
}

/** Five characters, and `severity` or a SQLSTATE's shape that no Node code has (Node's `EPIPE` is five letters too). */
function sqlStateOf(source: unknown): string | undefined {
  const code = textOf(source, 'code');
  if (code === undefined || !/^[0-9A-Z]{5}$/.test(code)) return undefined;
  return textOf(source, 'severity') !== undefined || /^\d|^WB\d/.test(code) ? code : undefined;
}

function innermost(error: unknown): unknown {
  let current = error;
  for (let depth = 0; depth < 8; depth += 1) {
    const inner = innerOf(current);
    if (inner === undefined) return current;
    current = inner;
  }
  return current;
}

/** The error inside, unless the outer one already carries a code of its own. */
function innerOf(error: unknown): unknown {
  if (typeof error !== 'object' || error === null) return undefined;
  const { driverError, errors, cause } = error as { driverError?: unknown; errors?: unknown; cause?: unknown };
  if (driverError !== undefined) return driverError;
  if (textOf(error, 'code') !== undefined) return undefined;
  if (Array.isArray(errors) && errors.length > 0) return errors[0];
  return textOf(cause, 'code') === undefined ? undefined : cause;
}

function textOf(value: unknown, key: string): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const found = (value as Record<string, unknown>)[key];
  return typeof found === 'string' ? found : undefined;
}
