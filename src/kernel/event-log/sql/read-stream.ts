import type { EventRow } from '../stored-event.js';
import type { Queryable } from './queryable.js';

/** The events of one stream above a version, oldest first. Index: ux_events_stream_version. */
export async function readStream(
  on: Queryable,
  stream: { tenant: string; streamId: string; afterVersion?: number; limit?: number },
): Promise<EventRow[]> {
  const { rows } = await on.query<EventRow>({
    name: 'kernel_read_stream',
    text: `SELECT id, event_id, tenant, stream_id, version, name, schema_version, data, meta, recorded_at
             FROM kernel.events
            WHERE tenant = $1 AND stream_id = $2 AND version > $3
            ORDER BY version LIMIT $4`,
    values: [stream.tenant, stream.streamId, stream.afterVersion ?? 0, stream.limit ?? null],
  });
  return rows;
}
