import { Injectable } from '@nestjs/common';
import { escapeLiteral } from 'pg';
import type { CommitContributor, CommitScope, PlannedWrite } from '../commands/commit-plan.js';
import type { CommitWrite } from '../commands/commit-statement.js';
import type { RecordedEvent } from '../event-log/stored-event.js';
import type { ProjectionDefinition } from './projection-definition.js';
import { ProjectionRegistry } from './projection-registry.js';
import type { ReadColumn, ReadTable, Row } from './read-table.js';

interface RowWrites {
  readonly upsert: CommitWrite;
  readonly remove: CommitWrite;
}

/** The stream whose row it is, and the version that the row was folded from; null where the fold had no row there. */
const ORIGIN = '"$stream" text, "$from" bigint';

/** Event ids exist only inside the commit: they flow from its result into the row. */
function upsertWrite(table: ReadTable): CommitWrite {
  const values = table.columns
    .map(({ property }) => (property === 'eventId' ? 'c.last_event_id' : `r."${property}"`))
    .join(', ');
  const set = table.columns.filter((column) => !column.isKey).map(({ column }) => `${column} = excluded.${column}`);
  const columns = table.columns.map(typed).join(', ');
  const key = table.keys[0]!;
  return {
    id: table.name,
    sql: (param) => `INSERT INTO ${table.name} AS t (${table.columnList()})
        SELECT ${values} FROM c JOIN jsonb_to_recordset(${param}) AS r (${ORIGIN}, ${columns}) ON r."$stream" = c.stream_id
        ON CONFLICT (${table.keyList()}) DO UPDATE SET ${set.join(', ')}
        WHERE ${isRowOfStream(
          table,
          `(SELECT f."$from" FROM jsonb_to_recordset(${param}) AS f ("$from" bigint, ${typed(key)}) WHERE f."${key.property}" = excluded.${key.column})`,
        )}`,
  };
}

/** For a row that its fold gave up. CASE, so that the check is made for that row alone, however the statement is planned. */
function removeWrite(table: ReadTable): CommitWrite {
  const columns = table.keys.map(typed).join(', ');
  return {
    id: `${table.name} removed`,
    sql: (param) => `DELETE FROM ${table.name} t
        USING c JOIN jsonb_to_recordset(${param}) AS r (${ORIGIN}, ${columns}) ON r."$stream" = c.stream_id
        WHERE ${table.sameKey()} AND CASE WHEN ${table.sameKey()} THEN ${isRowOfStream(table, 'r."$from"')} END`,
  };
}

function isRowOfStream(table: ReadTable, from: string): string {
  const version = table.columns.find(({ property }) => property === 'version')!;
  return `kernel.is_row_of_stream(${escapeLiteral(table.name)}, t.${table.keys[0]!.column}::text, t.${version.column}, ${from})`;
}

function typed({ property, sqlType }: ReadColumn): string {
  return `"${property}" ${sqlType}`;
}

/**
 * Writes inline views in the command's own commit. The row is folded from the stream's history and the new events, and
 * the stream's version check protects it. An event-sourced aggregate was loaded with its history, so that costs no extra
 * read; for one kept as a row the history is read here.
 */
@Injectable()
export class InlineProjections implements CommitContributor {
  readonly #writes = new Map<ProjectionDefinition, RowWrites>();

  constructor(private readonly registry: ProjectionRegistry) {}

  async contribute(writes: readonly PlannedWrite[], scope: CommitScope): Promise<void> {
    const written = new Set<ProjectionDefinition>();
    for (const planned of writes) {
      const projections = this.registry.inlineFor(planned.recorded.map(({ meta }) => meta.name));
      if (projections.size === 0) continue;
      const history = await historyOf(planned, scope);
      for (const projection of projections) {
        this.#contribute(projection, { history, recorded: planned.recorded }, scope);
        written.add(projection);
      }
    }
    // In one order: it is that of the locks which kernel.commit takes.
    const views = [...written].toSorted((a, b) => (a.name < b.name ? -1 : 1));
    for (const { name, version } of views) scope.requireView({ name, version });
  }

  #contribute(projection: ProjectionDefinition, { history, recorded }: StreamEvents, scope: CommitScope): void {
    const { meta: latest } = recorded.at(-1)!;
    for (const { meta } of recorded) if (projection.reactsTo(meta.name)) projection.assertStream(meta);
    const before = folded(projection, undefined, history);
    const after = folded(projection, before.row, recorded);
    const key = after.last ?? before.last;
    if (key === undefined) return;
    const { upsert, remove } = this.#writesOf(projection);
    const $from = before.row === undefined ? null : history.at(-1)!.meta.version;
    scope.add(after.row === undefined ? remove : upsert, { ...key, $stream: latest.stream, $from });
  }

  #writesOf(projection: ProjectionDefinition): RowWrites {
    const known = this.#writes.get(projection);
    if (known !== undefined) return known;
    const commitWrites = { upsert: upsertWrite(projection.table), remove: removeWrite(projection.table) };
    this.#writes.set(projection, commitWrites);
    return commitWrites;
  }
}

interface StreamEvents {
  /** What the stream had before. */
  readonly history: readonly RecordedEvent[];
  /** What this commit adds. */
  readonly recorded: readonly RecordedEvent[];
}

/** The row after the events, and the last one that there was meanwhile. */
function folded(
  projection: ProjectionDefinition,
  from: Row | undefined,
  events: readonly RecordedEvent[],
): { readonly row: Row | undefined; readonly last: Row | undefined } {
  let row = from;
  let last = from;
  for (const { event, meta } of events) {
    row = projection.fold(row, event, meta);
    if (row !== undefined) projection.assertRowOf(meta.stream, row);
    last = row ?? last;
  }
  return { row, last };
}

/** The stream up to this write. If another command appends to it meanwhile, the commit's version check refuses. */
async function historyOf({ write }: PlannedWrite, scope: CommitScope): Promise<readonly RecordedEvent[]> {
  if (write.expected === 'none' || write.expected === write.history.length) return write.history;
  if (typeof write.expected === 'number') return scope.historyOf(write.stream, write.expected);
  throw new Error(
    `${write.stream} was written whatever its version, but an inline view folds it. Load it by a repository before saving, ` +
      'or make the view async.',
  );
}
