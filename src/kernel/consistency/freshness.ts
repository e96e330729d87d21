import type { HeldCounts, MessageOutcome } from '../messages/message-context.js';

/** The view lacks something that the caller asked for, and the caller wants no stale answer. */
export class ProjectionBehind extends Error {
  readonly code = 'projection-behind';

  constructor(
    readonly behind: number,
    { held, rebuilding }: Pick<Freshness, 'held' | 'rebuilding'> = {},
  ) {
    super(
      rebuilding === true
        ? `The view is being rebuilt and lacks ${behind} events. Retry later, or without handling=strict.`
        : held === undefined
          ? `The view is ${behind} events behind your token. Retry after 1 s, or without handling=strict.`
          : `The view has not applied ${held.blocked + held.queued + held.parked} events of this resource: ` +
            `${held.blocked} are retried, ${held.parked} wait for an operator, ${held.queued} for earlier events. ` +
            'Retry later, or without handling=strict.',
    );
  }
}

/** What the query bus tells the caller about an answer. */
export interface Freshness {
  readonly readToken: string;
  readonly behind?: number | undefined;
  /** A view was emptied, and has not come to where it was: it lacks `behind` positions, also of what was seen before. */
  readonly rebuilding?: boolean | undefined;
  /** Events of what was asked for that have not taken effect, whatever the positions say. */
  readonly held?: HeldCounts | undefined;
  readonly unknownEpoch?: boolean | undefined;
}

export const NOTHING_HELD: HeldCounts = { blocked: 0, queued: 0, parked: 0 };

export function sumOfHeld(a: HeldCounts, b: HeldCounts): HeldCounts {
  return { blocked: a.blocked + b.blocked, queued: a.queued + b.queued, parked: a.parked + b.parked };
}

/** Adds what one read lacks to what the message's caller is told, with the token of all that its reads have seen. */
export function addFreshness(outcome: MessageOutcome, fresh: Freshness, readToken: string): void {
  outcome.readToken = readToken;
  if (fresh.behind !== undefined) outcome.behind = Math.max(outcome.behind ?? 0, fresh.behind);
  if (fresh.held !== undefined) outcome.held = sumOfHeld(outcome.held ?? NOTHING_HELD, fresh.held);
  if (fresh.rebuilding === true) outcome.rebuilding = true;
  if (fresh.unknownEpoch === true) outcome.unknownEpoch = true;
}
