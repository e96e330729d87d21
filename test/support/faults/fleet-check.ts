import { groups, repeated, told } from '../ledger-groups.js';
import type { Entry } from '../ledger.js';
import { lostTooMuch, withoutLost } from '../ledger-went-back.js';
import type { FleetFacts } from './fleet-facts.js';

/** A time of faults in ms, by the ledger's clock. */
export interface Window {
  readonly from: number;
  readonly to: number;
}

/** Commands succeed again within this after the last fault (G14). */
export const RECOVERY_MS = 10_000;

/** I16: no 5xx, and no silence (0), but in the time from a fault to its end, and a little longer. */
export function unexpectedFailures(entries: readonly Entry[], windows: readonly Window[]): string[] {
  return entries.flatMap((entry) => {
    if (entry.kind !== 'failed') return [];
    const { at, status } = entry;
    if (windows.some(({ from, to }) => at >= from && at <= to + RECOVERY_MS)) return [];
    const ends = windows.map(({ to }) => Math.round(to)).join(', ');
    return [`I16: ${status} at ${Math.round(at)}, faults ended at ${ends || 'no time'}`];
  });
}

/** What holds for a fleet at rest, besides what holds for any database of ours (I1, I8, I9, I10, I13, I17, G1, G9 and G12 of docs/reference/guarantees.md). */
export function violationsOfFleet(entries: readonly Entry[], facts: FleetFacts): string[] {
  return told({
    'I1: every acknowledged step is in the log': lostSteps(withoutLost(entries), facts),
    'G9: a read with the token of an answer shows it, or says that it lacks something': silentlyStale(entries),
    'G1: only the last commits are lost when the database goes back': lostTooMuch(entries),
    'I8: the probe has seen each event once': unseenOrDoubled(facts),
    'I9: the probe has seen the events of a stream in their order': seenOutOfOrder(facts),
    'each event that customers are told of has one notification': wrongNotifications(facts),
    'I10: each row is folded by one release alone, from every event of its order': mixedReleases(facts),
    'I13: no checkpoint, fence or lease goes back': facts.wentBack,
    'I17: every event says who, and by what it was caused': withoutOrigin(facts),
    'G12: nothing has failed at rest': facts.failed,
  });
}

function lostSteps(entries: readonly Entry[], { origins }: FleetFacts): string[] {
  const names = new Map(origins.map(({ stream, version, name }) => [`${stream} ${version}`, name]));
  return entries.flatMap((entry) => {
    if (entry.kind !== 'step') return [];
    const { stream, version, event } = entry.step;
    const found = names.get(`${stream} ${version}`);
    return found === event
      ? []
      : [`${entry.key}: ${event} should be version ${version}, which is ${found ?? 'nothing'}`];
  });
}

function silentlyStale(entries: readonly Entry[]): string[] {
  return entries.flatMap((entry) =>
    entry.kind === 'read' && !entry.shown && entry.consistency === undefined ? [entry.key] : [],
  );
}

function unseenOrDoubled({ seen, origins }: FleetFacts): string[] {
  const have = new Set(seen.map(({ eventId }) => eventId));
  const known = new Set(origins.map(({ eventId }) => eventId));
  const missed = origins.filter(({ name, eventId }) => name.startsWith('ordering.') && !have.has(eventId));
  return [
    ...repeated(seen.map(({ eventId }) => eventId)),
    ...missed.map(({ eventId, name }) => `${name} ${eventId} never`),
    ...seen.filter(({ eventId }) => !known.has(eventId)).map(({ eventId }) => `${eventId}, which is not in the log`),
  ];
}

function seenOutOfOrder({ seen }: FleetFacts): string[] {
  return [...groups(seen, ({ stream }) => stream)].flatMap(([stream, of]) =>
    of.some(({ version }, index) => version !== index + 1)
      ? [`${stream}: ${of.map(({ version }) => version).join(', ')}`]
      : [],
  );
}

function mixedReleases({ releaseRows, release, origins }: FleetFacts): string[] {
  const orders = groups(
    origins.filter(({ stream }) => stream.startsWith('ordering.order:')),
    ({ stream }) => stream,
  );
  const found = new Map(
    releaseRows.map((row) => [`${row.view} ordering.order:${row.orderId}`, row.releases.join(' ')]),
  );
  return ['rig.releases', 'rig.inline-releases'].flatMap((view) => {
    const wrong = [...orders].flatMap(([stream, events]) => {
      const want = events.map(() => release).join(' ');
      const have = found.get(`${view} ${stream}`) ?? 'nothing';
      return have === want ? [] : [`${view} of ${stream}: ${have} instead of ${want}`];
    });
    const rows = releaseRows.filter((row) => row.view === view).length;
    return [...wrong, ...(rows > orders.size ? [`${view} has ${rows} rows for ${orders.size} orders`] : [])];
  });
}

const TOLD_OF: Readonly<Record<string, string>> = {
  'ordering.order-placed': 'order-placed',
  'ordering.order-discarded': 'order-discarded',
};

function wrongNotifications({ notified, origins }: FleetFacts): string[] {
  const wanted = origins.flatMap(({ name, eventId }) => (TOLD_OF[name] ? [`${TOLD_OF[name]} ${eventId}`] : []));
  const have = notified.map(({ about, eventId }) => `${about} ${eventId}`);
  const [wantedSet, haveSet] = [new Set(wanted), new Set(have)];
  return [
    ...repeated(have),
    ...wanted.filter((of) => !haveSet.has(of)).map((of) => `${of}: nobody was told`),
    ...have.filter((of) => !wantedSet.has(of)).map((of) => `${of}: told of nothing`),
  ];
}

/** The cause of an event is a request from outside, or an event of the same correlation. */
function withoutOrigin({ origins }: FleetFacts): string[] {
  const correlationOf = new Map(origins.map(({ eventId, correlationId }) => [eventId, correlationId]));
  return origins.flatMap(({ eventId, name, actor, correlationId, causationId }) => {
    if (!actor?.id || !correlationId) return [`${name} ${eventId} has no origin`];
    const cause = causationId === null ? undefined : correlationOf.get(causationId);
    return cause === undefined || cause === correlationId
      ? []
      : [`${name} ${eventId} is of another correlation than its cause`];
  });
}
