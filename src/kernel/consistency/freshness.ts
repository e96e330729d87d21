import type { FailedEventCounts, MessageOutcome } from '../messages/message-context.js';

/** The view lacks something that the caller asked for, and the caller wants no stale answer. */
export class ProjectionBehind extends Error {
  readonly code = 'projection-behind';

  constructor(
    readonly behind: number,
    { failed, rebuilding }: Pick<Freshness, 'failed' | 'rebuilding'> = {},
  ) {
    super(
      rebuilding === true
        ? `The view is being rebuilt and lacks ${behind} events. Retry later, or without handling=strict.`
        : failed === undefined
          ? `The view is ${behind} events behind your token. Retry after 1 s, or without handling=strict.`
          : `The view has not applied ${failed.retrying + failed.waiting + failed.deadLettered} events of this resource: ` +
            `${failed.retrying} are retried, ${failed.deadLettered} wait for an operator, ${failed.waiting} for earlier events. ` +
            'Retry later, or without handling=strict.',
    );
  }
}

/** What the query bus reports to the caller about an answer. */
export interface Freshness {
  readonly readToken: string;
  readonly behind?: number | undefined;
  /** A view was emptied, and has not come to where it was: it lacks `behind` positions, also of what was seen before. */
  readonly rebuilding?: boolean | undefined;
  /** Events of what was asked for that have not taken effect, whatever the positions are. */
  readonly failed?: FailedEventCounts | undefined;
  readonly unknownEpoch?: boolean | undefined;
}

export const NO_FAILED_EVENTS: FailedEventCounts = { retrying: 0, waiting: 0, deadLettered: 0 };

export function sumOfFailed(a: FailedEventCounts, b: FailedEventCounts): FailedEventCounts {
  return {
    retrying: a.retrying + b.retrying,
    waiting: a.waiting + b.waiting,
    deadLettered: a.deadLettered + b.deadLettered,
  };
}

/** Adds what one read lacks to the report for the message's caller, with the token of all that its reads have seen. */
export function addFreshness(outcome: MessageOutcome, fresh: Freshness, readToken: string): void {
  outcome.readToken = readToken;
  if (fresh.behind !== undefined) outcome.behind = Math.max(outcome.behind ?? 0, fresh.behind);
  if (fresh.failed !== undefined) outcome.failed = sumOfFailed(outcome.failed ?? NO_FAILED_EVENTS, fresh.failed);
  if (fresh.rebuilding === true) outcome.rebuilding = true;
  if (fresh.unknownEpoch === true) outcome.unknownEpoch = true;
}
