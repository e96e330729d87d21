import { classify, isOfOwnDatabase, type FaultKind } from '../database/errors.js';
import { LogRewound } from '../event-log/sql/read-log.js';

/** What handlers and folds have thrown. */
const ofUserCode = new WeakSet<object>();

/** Notes that an error came out of a handler or a fold: its SQLSTATE may be another database's, or made up. */
export function thrownByUserCode(error: unknown): unknown {
  if (typeof error === 'object' && error !== null) ofUserCode.add(error);
  return error;
}

/** The SQLSTATE that PostgreSQL reported to the kernel itself. */
function stateOf(error: unknown): string | undefined {
  return typeof error === 'object' && error !== null && ofUserCode.has(error) ? undefined : classify(error).sqlState;
}

/** The partition has another owner by now. */
export function isFenced(error: unknown): boolean {
  return stateOf(error) === 'WB004';
}

/** The events were read from a log that isn't this one any more: it was failed over or restored. */
export function isOfOtherLog(error: unknown): boolean {
  return stateOf(error) === 'WB010' || error instanceof LogRewound;
}

/** The failed event isn't there any more as it was tried: an operator has edited or discarded it meanwhile. */
export function isSuperseded(error: unknown): boolean {
  return stateOf(error) === 'WB006';
}

const FAULTS: ReadonlySet<FaultKind> = new Set(['unavailable', 'outcome-unknown', 'conflict', 'lock-timeout']);
/** insufficient_privilege: of a role, not of an event. */
const NOT_ALLOWED = '42501';
/** A view is being rebuilt, or is another release's. */
const VIEW_REFUSED = 'WB011';
/** Class of a login that the server refuses. */
const LOGIN_REFUSED = '28';

/**
 * Not the event's fault: the database is away, busy, or the partition another's. Trying the same again is right. A statement
 * that takes too long is not among them: a batch may be too large, and an event may always take that long.
 */
export function isFault(error: unknown): boolean {
  if (isElsewhere(error)) return true;
  const { kind, sqlState } = classify(error);
  return FAULTS.has(kind) && (sqlState === undefined || isOfOwnDatabase(error));
}

/** The same for every event, also while the database answers: no right, a view that is being rebuilt, another owner or log.
 *  Only errors of the kernel's own statements count: a handler may use another database, which refuses its login for ever. */
export function isElsewhere(error: unknown): boolean {
  if (isFenced(error) || isOfOtherLog(error)) return true;
  const sqlState = stateOf(error);
  return sqlState === NOT_ALLOWED || sqlState === VIEW_REFUSED || sqlState?.startsWith(LOGIN_REFUSED) === true;
}

/**
 * A connection that failed, of which it isn't known whether it was one to the database: a call of the handler to a host that is
 * down fails with the same codes.
 */
export function isOfSomeLink(error: unknown): boolean {
  const { kind } = classify(error);
  return stateOf(error) === undefined && (kind === 'unavailable' || kind === 'outcome-unknown');
}
