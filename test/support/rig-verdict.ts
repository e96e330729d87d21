import type { Met } from './rig-readers.js';
import type { EndedCommand } from './rig-writers.js';

/** A stored event, as the table has it at the end. */
export interface StoredEvent {
  readonly id: number;
  readonly uuid: string;
  readonly stream: string;
  readonly version: number;
}

/** What a reader made of the log. All zero is what the kernel promises. */
export interface Verdict {
  readonly missed: number;
  readonly doubled: number;
  /** Events met after a later one of their stream. */
  readonly disordered: number;
  /** Events met before one whose command was acknowledged before their own command began. */
  readonly belated: number;
}

/** Compares what a reader met, in its order, with what there is and with when commands began and were acknowledged. */
export function verdictOn(
  met: readonly Met[],
  stored: readonly StoredEvent[],
  commands: readonly EndedCommand[],
): Verdict {
  const byId = new Map(stored.map((event) => [event.id, event]));
  const seen = new Set(met.map(({ id }) => id));
  const order = met.map(({ id }) => byId.get(id)).filter((event) => event !== undefined);
  return {
    missed: stored.filter(({ id }) => !seen.has(id)).length,
    doubled: met.length - seen.size,
    disordered: disordered(order),
    belated: belated(order, commands),
  };
}

function disordered(order: readonly StoredEvent[]): number {
  const highest = new Map<string, number>();
  let count = 0;
  for (const { stream, version } of order) {
    const before = highest.get(stream) ?? 0;
    if (version < before) count += 1;
    else highest.set(stream, version);
  }
  return count;
}

/** From the last to the first: is there a later event whose command was acknowledged before this one's began? */
function belated(order: readonly StoredEvent[], commands: readonly EndedCommand[]): number {
  const commandOf = new Map(
    commands.flatMap((command) =>
      command.outcome === 'kept' ? command.events.map((uuid) => [uuid, command] as const) : [],
    ),
  );
  let earliestEnd = Infinity;
  let count = 0;
  for (const { uuid } of order.toReversed()) {
    const command = commandOf.get(uuid);
    if (command === undefined) continue;
    if (earliestEnd < command.start) count += 1;
    earliestEnd = Math.min(earliestEnd, command.end);
  }
  return count;
}

/** Milliseconds from a command's acknowledgement to a reader's meeting its events: share below, and the longest. */
export function delays(
  met: readonly Met[],
  stored: readonly StoredEvent[],
  commands: readonly EndedCommand[],
): { p50: number; p99: number; max: number } {
  const idOf = new Map(stored.map(({ uuid, id }) => [uuid, id]));
  const metAt = new Map(met.map(({ id, at }) => [id, at]));
  const all = commands
    .filter(({ outcome }) => outcome === 'kept')
    .flatMap(({ end, events }) => events.map((uuid) => Math.max(0, (metAt.get(idOf.get(uuid)!) ?? Infinity) - end)))
    .toSorted((a, b) => a - b);
  const at = (share: number): number => Math.round(all[Math.floor(share * (all.length - 1))] ?? 0);
  return { p50: at(0.5), p99: at(0.99), max: at(1) };
}

/** From and to, in milliseconds of the monotonic clock. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** How many events were met in a span whose command had begun in that span. */
export function metWithin(
  spans: readonly Span[],
  met: readonly Met[],
  of: { events: readonly StoredEvent[]; commands: readonly EndedCommand[] },
): number {
  const startOf = new Map(of.commands.flatMap(({ start, events }) => events.map((uuid) => [uuid, start] as const)));
  const startById = new Map(of.events.map(({ id, uuid }) => [id, startOf.get(uuid) ?? -Infinity]));
  return met.filter(({ id, at }) => spans.some(({ from, to }) => at < to && (startById.get(id) ?? -Infinity) > from))
    .length;
}
