/** What an EventRow is read from, of `kernel.events e`. @param data an expression for other data than those in the log */
export function eventColumns(data = 'e.data'): string {
  return `e.id, e.event_id, e.tenant, e.stream_id, e.version, e.name, e.schema_version, ${data} AS data, e.meta, e.recorded_at`;
}
