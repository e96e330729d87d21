import { Injectable } from '@nestjs/common';
import type { CommitContributor, PlannedWrite } from '../commands/commit-plan.js';
import type { SideWrite } from '../commands/commit-statement.js';
import type { EventMeta } from '../domain/index.js';
import type { ProjectionDefinition } from './projection-definition.js';
import { ProjectionRegistry } from './projection-registry.js';
import type { ReadTable, Row } from './read-table.js';

/** Event ids exist only inside the commit: they flow from its result into the row. */
function inlineSide(table: ReadTable): SideWrite {
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

/**
 * Writes inline views in the command's own commit. The row is folded from the stream's history, which the command
 * loaded anyway, and the new events: no extra read, and the stream's version check protects the row.
 */
@Injectable()
export class InlineProjections implements CommitContributor {
  readonly #sides = new Map<ProjectionDefinition, SideWrite>();

  constructor(private readonly registry: ProjectionRegistry) {}

  contribute(writes: readonly PlannedWrite[], add: (side: SideWrite, row: object) => void): Promise<void> {
    for (const planned of writes) {
      for (const projection of this.registry.inlineFor(planned.recorded.map(({ meta }) => meta.name))) {
        const row = this.#row(projection, planned);
        if (row !== undefined) add(this.#side(projection), { ...row, $stream: planned.write.stream });
      }
    }
    return Promise.resolve();
  }

  #row(projection: ProjectionDefinition, { write, recorded }: PlannedWrite): Row | undefined {
    if (write.expected !== 'none' && write.expected !== write.history.length) {
      throw new Error(
        `${write.stream} was written without its history, but ${projection.name} is an inline view of it. ` +
          'Load the aggregate by its repository before saving, or make the view async.',
      );
    }
    let row: Row | undefined;
    for (const { event, meta } of [...write.history, ...recorded]) {
      row = projection.fold(row, event, meta);
      assertOneRow(projection, row, meta);
    }
    return row;
  }

  #side(projection: ProjectionDefinition): SideWrite {
    const known = this.#sides.get(projection);
    if (known !== undefined) return known;
    const side = inlineSide(projection.table);
    this.#sides.set(projection, side);
    return side;
  }
}

function assertOneRow(projection: ProjectionDefinition, row: Row | undefined, meta: EventMeta): void {
  if (row === undefined || meta.stream.endsWith(`:${String(row[projection.table.keys[0]!.property])}`)) return;
  throw new Error(
    `${projection.name} is inline, but its row isn't the one of ${meta.stream}. Set the key column to the aggregate's id.`,
  );
}
