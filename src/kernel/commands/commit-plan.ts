import type { EventMeta } from '../domain/index.js';
import type { RecordedEvent, StoredMeta } from '../event-log/stored-event.js';
import { deepFreeze } from '../messages/deep-freeze.js';
import type { EventRegistry } from '../messages/event-registry.js';
import { newId } from '../messages/ids.js';
import type { CommitWork, CommitWrite, StreamMode } from './commit-statement.js';
import type { CommandResult, IdempotencyKey } from '../idempotency/idempotency.js';
import type { RequiredView } from './required-views.js';
import type { ExpectedVersion, StreamWrite, UnitOfWork } from './unit-of-work.js';

/** How many commands may lie between a client's request and an event. Without a cap two reactions can call each other for ever. */
const MAX_CAUSATION_DEPTH = 50;

/** A stream write with the identity and metadata its events will have. */
export interface PlannedWrite {
  readonly write: StreamWrite;
  readonly recorded: readonly RecordedEvent[];
}

export interface CommitPlan {
  readonly work: CommitWork;
  readonly writes: readonly PlannedWrite[];
}

/** What a contributor works with, besides the unit's events. */
export interface CommitScope {
  add(write: CommitWrite, row: object): void;
  /** The commit succeeds only while this version of the code keeps that inline view. */
  requireView(view: RequiredView): void;
  /** The first events of a stream, up to a version, read where the command reads. */
  historyOf(stream: string, version: number): Promise<readonly RecordedEvent[]>;
}

/** Adds rows that follow from a unit's events, such as inline views. Called once per commit. */
export interface CommitContributor {
  contribute(writes: readonly PlannedWrite[], scope: CommitScope): Promise<void>;
}

/** What kernel.commit takes for one unit of work. */
export function planCommit(
  unit: UnitOfWork,
  registry: EventRegistry,
  answered: { key: IdempotencyKey; answer: CommandResult },
): CommitPlan {
  const writes = [...unit.writes.values()]
    .filter((write) => write.events.length > 0)
    .map((write) => ({ ...write, expected: expectedOf(unit, write) }))
    .toSorted(byStream);
  const planned = writes.map((write) => ({ write, recorded: recordAll(unit, registry, write) }));
  const work: CommitWork = {
    epoch: unit.epoch,
    keys: [keyRow(unit, answered.key, answered.answer, writes.at(-1))],
    streams: [...writes.map((write) => streamRow(unit, write)), ...guardRows(unit)].toSorted(byStream),
    uniques: unit.uniques
      .map(({ scope, value, owner }) => ({ tenant: unit.context.tenant, scope, value, owner }))
      .toSorted(byValue),
    events: planned.flatMap(({ write, recorded }) => eventRows(registry, write, recorded)),
    views: unit.views,
  };
  return { work, writes: planned };
}

function byStream(a: { stream: string }, b: { stream: string }): number {
  return a.stream < b.stream ? -1 : 1;
}

function byValue(a: { scope: string; value: string }, b: { scope: string; value: string }): number {
  return a.scope + a.value < b.scope + b.value ? -1 : 1;
}

/** Where only the commit learns a stream's version, it completes the row from the number of events (`lastOffset`). */
function keyRow(unit: UnitOfWork, key: IdempotencyKey, answer: CommandResult, last: StreamWrite | undefined): object {
  const row = { ...key, ...answer, commandId: unit.commandId };
  if (last === undefined) return row;
  const isKnown = typeof last.expected === 'number' || last.expected === 'none';
  const count = last.events.length;
  return {
    ...row,
    lastStream: last.stream,
    ...(isKnown ? { lastVersion: startOf(last.expected) + count } : { lastOffset: count }),
  };
}

function streamRow(unit: UnitOfWork, write: StreamWrite): { stream: string } {
  return {
    tenant: unit.context.tenant,
    stream: write.stream,
    mode: modeOf(write.expected),
    expected: startOf(write.expected),
    count: write.events.length,
  } as { stream: string };
}

/** A write that takes any version is expected at the one that the command has guarded: nothing else would check that. */
function expectedOf({ guards }: UnitOfWork, { stream, expected }: StreamWrite): ExpectedVersion {
  if (typeof expected === 'number' || expected === 'none') return expected;
  return guards.get(stream) ?? expected;
}

/** Of streams that aren't written: a write checks the version itself. */
function guardRows(unit: UnitOfWork): { stream: string }[] {
  return [...unit.guards]
    .filter(([stream]) => !unit.writes.get(stream)?.events.length)
    .map(([stream, expected]) => ({ tenant: unit.context.tenant, stream, mode: 'guard', expected, count: 0 }));
}

function modeOf(expected: ExpectedVersion): StreamMode {
  if (typeof expected !== 'number') return expected;
  return expected === 0 ? 'none' : 'exact';
}

function startOf(expected: ExpectedVersion): number {
  return typeof expected === 'number' ? expected : 0;
}

function recordAll(unit: UnitOfWork, registry: EventRegistry, write: StreamWrite): RecordedEvent[] {
  return write.events.map((event, index) =>
    deepFreeze({
      event,
      meta: metaFor(unit, {
        name: registry.definition(event).name,
        stream: write.stream,
        version: startOf(write.expected) + index + 1,
      }),
    }),
  );
}

function metaFor(unit: UnitOfWork, of: { name: string; stream: string; version: number }): EventMeta {
  const { context } = unit;
  if (context.causationDepth > MAX_CAUSATION_DEPTH) {
    throw new Error(
      `${of.name} is ${context.causationDepth} commands away from a client's request: two reactions call each other. Nothing was stored.`,
    );
  }
  return {
    ...of,
    eventId: newId(),
    id: 0,
    recordedAt: unit.occurredAt,
    occurredAt: unit.occurredAt,
    commandId: unit.commandId,
    correlationId: context.correlationId,
    causationId: context.causationId,
    actor: context.actor,
    tenant: context.tenant,
    imported: context.imported,
    causationDepth: context.causationDepth,
    ...(context.traceparent === undefined ? {} : { traceparent: context.traceparent }),
  };
}

function eventRows(registry: EventRegistry, write: StreamWrite, recorded: readonly RecordedEvent[]): object[] {
  const placed = typeof write.expected === 'number' || write.expected === 'none';
  return recorded.map(({ event, meta }, index) => ({
    tenant: meta.tenant,
    stream: meta.stream,
    ...(placed ? { version: meta.version } : { offset: index + 1 }),
    ...(index === recorded.length - 1 ? { last: true } : {}),
    id: meta.eventId,
    name: meta.name,
    schema: registry.definition(event).version,
    data: event,
    meta: storedMeta(meta),
  }));
}

function storedMeta(meta: EventMeta): StoredMeta {
  const { occurredAt, commandId, correlationId, causationId, actor, traceparent, imported, causationDepth } = meta;
  return {
    occurredAt,
    commandId,
    correlationId,
    causationId,
    actor,
    ...(traceparent === undefined ? {} : { traceparent }),
    ...(imported ? { imported } : {}),
    ...(causationDepth === 0 ? {} : { causationDepth }),
  };
}
