import { Injectable } from '@nestjs/common';
import type { CommitContributor, CommitScope, PlannedWrite } from '../commands/commit-plan.js';
import type { SideWrite } from '../commands/commit-statement.js';
import type { EventMeta } from '../domain/index.js';
import type { RecordedEvent } from '../event-log/stored-event.js';
import type { ProjectionDefinition } from './projection-definition.js';
import { ProjectionRegistry } from './projection-registry.js';
import type { ReadTable, Row } from './read-table.js';

interface Sides {
  readonly upsert: SideWrite;
  readonly remove: SideWrite;
}

/** Event ids exist only inside the commit: they flow from its result into the row. */
function upsertSide(table: ReadTable): SideWrite {
  return {
    id: table.name,
    sql: (param) => {
      const values = table.columns
        .map(({ property }) => (property === 'eventId' ? 'c.last_event_id' : `r."${property}"`))
        .join(', ');
      const set = table.columns.filter((column) => !column.isKey).map(({ column }) => `${column} = excluded.${column}`);
      const columns = table.columns.map((c) => `"${c.property}" ${c.sqlType}`).join(', ');
      return `INSERT INTO ${table.name} (${table.columnList()})
        SELECT ${values} FROM c JOIN jsonb_to_recordset(${param}) AS r ("$stream" text, ${columns}) ON r."$stream" = c.stream_id
        ON CONFLICT (${table.keyList()}) DO UPDATE SET ${set.join(', ')}`;
    },
  };
}

/** For a row that its fold gave up. */
function removeSide(table: ReadTable): SideWrite {
  const columns = table.keys.map((c) => `"${c.property}" ${c.sqlType}`).join(', ');
  return {
    id: `${table.name} removed`,
    sql: (param) => `DELETE FROM ${table.name} t
        USING c JOIN jsonb_to_recordset(${param}) AS r ("$stream" text, ${columns}) ON r."$stream" = c.stream_id
        WHERE ${table.sameKey()}`,
  };
}

/**
 * Writes inline views in the command's own commit. The row is folded from the stream's history and the new events, and
 * the stream's version check protects it. An event-sourced aggregate was loaded with its history, so that costs no extra
 * read; for one kept as a row the history is read here.
 */
@Injectable()
export class InlineProjections implements CommitContributor {
  readonly #sides = new Map<ProjectionDefinition, Sides>();

  constructor(private readonly registry: ProjectionRegistry) {}

  async contribute(writes: readonly PlannedWrite[], scope: CommitScope): Promise<void> {
    for (const planned of writes) {
      const projections = this.registry.inlineFor(planned.recorded.map(({ meta }) => meta.name));
      if (projections.size === 0) continue;
      const events = [...(await historyOf(planned, scope)), ...planned.recorded];
      for (const projection of projections) this.#contribute(projection, events, scope);
    }
  }

  #contribute(projection: ProjectionDefinition, events: readonly RecordedEvent[], scope: CommitScope): void {
    let row: Row | undefined;
    let last: Row | undefined;
    for (const { event, meta } of events) {
      row = projection.fold(row, event, meta);
      assertOneRow(projection, row, meta);
      last = row ?? last;
    }
    if (last === undefined) return;
    const { upsert, remove } = this.#sidesOf(projection);
    scope.add(row === undefined ? remove : upsert, { ...last, $stream: events[0]!.meta.stream });
  }

  #sidesOf(projection: ProjectionDefinition): Sides {
    const known = this.#sides.get(projection);
    if (known !== undefined) return known;
    const sides = { upsert: upsertSide(projection.table), remove: removeSide(projection.table) };
    this.#sides.set(projection, sides);
    return sides;
  }
}

/** The stream up to what is written now. If somebody else moves it meanwhile, the commit's version check refuses. */
async function historyOf({ write }: PlannedWrite, scope: CommitScope): Promise<readonly RecordedEvent[]> {
  if (write.expected === 'none' || write.expected === write.history.length) return write.history;
  if (typeof write.expected === 'number') return scope.historyOf(write.stream, write.expected);
  throw new Error(
    `${write.stream} was written whatever its version, but an inline view folds it. Load it by a repository before saving, ` +
      'or make the view async.',
  );
}

function assertOneRow(projection: ProjectionDefinition, row: Row | undefined, meta: EventMeta): void {
  if (row === undefined || meta.stream.endsWith(`:${String(row[projection.table.keys[0]!.property])}`)) return;
  throw new Error(
    `${projection.name} is inline, but its row isn't the one of ${meta.stream}. Set the key column to the aggregate's id.`,
  );
}
