import { groups, repeated, told } from './ledger-groups.js';
import { foldOfDrafts } from './draft-fold.js';
import { placedIn, naiveFold } from './ledger-fold.js';
import { VIEW_NAMES, type Facts, type Row } from './ledger-facts.js';

/** What holds for every database of ours at rest, whoever filled it (I2, I3, I4, I10 and I15 of docs/reference/guarantees.md). */
export function violationsAtRest(facts: Facts): string[] {
  return told({
    'I2: no event without the row of its command': eventsWithoutCommand(facts),
    'I3: the versions of a stream are 1 to n': brokenStreams(facts),
    'I4: every event has one position, and positions are 1 to n': brokenLog(facts),
    'I4: within a stream, positions are in the order of versions': disorderedStreams(facts),
    'numbers are given once': repeated(placedIn(facts).map(({ number }) => number)),
    'external numbers are claimed by their order': brokenClaims(facts),
    'I10: each view is a fold of the log': brokenViews(facts),
    'I15: nothing is left behind': facts.leftovers,
  });
}

function eventsWithoutCommand({ events, keys }: Facts): string[] {
  const commands = new Set(keys.map(({ commandId }) => commandId));
  return events.filter(({ commandId }) => !commands.has(commandId)).map(({ id, name }) => `event ${id} (${name})`);
}

function brokenStreams({ events, streams }: Facts): string[] {
  const versions = groups(events, ({ stream }) => stream);
  const versionOf = new Map(streams.map(({ stream, version }) => [stream, version]));
  const inEvents = [...versions].flatMap(([stream, of]) => {
    const found = of.map(({ version }) => version).toSorted((a, b) => a - b);
    const isDense = found.every((version, index) => version === index + 1);
    return isDense && versionOf.get(stream) === found.length
      ? []
      : [`${stream} is at ${versionOf.get(stream)} with ${found.join(',')}`];
  });
  return [
    ...inEvents,
    ...streams.filter(({ stream }) => !versions.has(stream)).map(({ stream }) => `${stream} is empty`),
  ];
}

function brokenLog({ events, log }: Facts): string[] {
  const ids = new Set(events.map(({ id }) => id));
  const placed = new Set(log.map(({ eventId }) => eventId));
  return [
    ...log.filter(({ position }, index) => position !== index + 1).map(({ position }) => `position ${position} is off`),
    ...log.filter(({ eventId }) => !ids.has(eventId)).map(({ position }) => `position ${position} has no event`),
    ...repeated(log.map(({ eventId }) => `event ${eventId}`)),
    ...events.filter(({ id }) => !placed.has(id)).map(({ id }) => `event ${id} has no position`),
  ];
}

function disorderedStreams({ events, log }: Facts): string[] {
  const positions = new Map(log.map(({ eventId, position }) => [eventId, position]));
  return [...groups(events, ({ stream }) => stream)].flatMap(([stream, of]) => {
    const inOrder = of.toSorted((a, b) => a.version - b.version).map(({ id }) => positions.get(id) ?? 0);
    return inOrder.some((position, index) => index > 0 && position <= inOrder[index - 1]!) ? [stream] : [];
  });
}

function brokenClaims(facts: Facts): string[] {
  const numbered = placedIn(facts).filter(({ externalNumber }) => externalNumber !== null);
  const owners = new Map(facts.externalNumbers.map(({ value, owner }) => [value, owner]));
  return [
    ...repeated(numbered.map(({ externalNumber }) => externalNumber!)),
    ...numbered.flatMap(({ externalNumber, orderId }) =>
      owners.get(externalNumber!) === orderId ? [] : [`${externalNumber} of ${orderId}`],
    ),
    ...(owners.size === numbered.length ? [] : [`${owners.size} claims for ${numbered.length} orders`]),
  ];
}

function brokenViews(facts: Facts): string[] {
  const [placed, drafts] = [naiveFold(placedIn(facts)), foldOfDrafts(facts)];
  return VIEW_NAMES.flatMap((view) => {
    const want = canonical([...placed[view], ...(drafts[view] ?? [])]);
    const have = canonical(facts.views[view]);
    const missing = [...want].filter((row) => !have.has(row)).map((row) => `${view} lacks ${row}`);
    const foreign = [...have].filter((row) => !want.has(row)).map((row) => `${view} holds ${row}`);
    const doubled = have.size === facts.views[view].length ? [] : [`${view} holds a row twice`];
    return [...missing, ...foreign, ...doubled];
  });
}

function canonical(rows: readonly Row[]): Set<string> {
  return new Set(rows.map((row) => JSON.stringify(sorted(row))));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
}
