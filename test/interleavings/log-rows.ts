import type { ClientBase } from 'pg';

/** An empty log as a new database has it, but for the ids that were given already. */
const EMPTY = `
  DELETE FROM kernel.log;
  DELETE FROM kernel.events;
  DELETE FROM kernel.streams;
  DELETE FROM kernel.idempotency;
  DELETE FROM kernel.unique_values;
  UPDATE kernel.log_state SET head = 0, gap_from = '{}', gap_to = '{}', gap_bounds = '{}',
    highest_id = coalesce((SELECT last_value FROM pg_sequences WHERE schemaname = 'kernel' AND sequencename = 'events_id_seq'), 0);`;

export async function emptyLog(owner: ClientBase): Promise<void> {
  await owner.query(EMPTY);
}

export interface GivenEvent {
  readonly stream: string;
  readonly name: string;
  readonly data: object;
}

/** Stores events as committed ones, each at the next version of its stream. Positions only where `isSequenced`. */
export async function givenEvents(
  owner: ClientBase,
  events: readonly GivenEvent[],
  { isSequenced = false }: { readonly isSequenced?: boolean } = {},
): Promise<void> {
  for (const { stream, name, data } of events) {
    await owner.query(
      `WITH s AS (INSERT INTO kernel.streams AS t (tenant, stream_id, version) VALUES ('default', $1, 1)
                  ON CONFLICT ON CONSTRAINT streams_pkey DO UPDATE SET version = t.version + 1 RETURNING version)
       INSERT INTO kernel.events (event_id, tenant, stream_id, version, name, schema_version, data, meta)
       SELECT gen_random_uuid(), 'default', $1, s.version, $2, 1, $3, $4 FROM s`,
      [stream, name, data, META],
    );
  }
  if (isSequenced) await owner.query('SELECT kernel.sequence()');
}

const META = {
  occurredAt: '2026-01-01T00:00:00.000Z',
  commandId: '00000000-0000-7000-8000-000000000001',
  correlationId: '00000000-0000-7000-8000-000000000002',
  causationId: null,
  actor: { type: 'system', id: 'given' },
};

/** Streams whose stored version isn't the number of their events, or whose versions have gaps. */
export async function brokenStreams(owner: ClientBase): Promise<string[]> {
  const { rows } = await owner.query<{ stream: string }>(
    `SELECT coalesce(s.stream_id, e.stream_id) AS stream
       FROM kernel.streams s
       FULL JOIN (SELECT stream_id, count(*) AS events, max(version) AS last, min(version) AS first
                    FROM kernel.events GROUP BY stream_id) e ON e.stream_id = s.stream_id
      WHERE s.version IS DISTINCT FROM e.events OR e.last <> e.events OR e.first <> 1`,
  );
  return rows.map(({ stream }) => `${stream} has another version than events`);
}

export async function countOf(owner: ClientBase, stream: string): Promise<number> {
  const { rows } = await owner.query<{ events: number }>(
    'SELECT count(*)::int AS events FROM kernel.events WHERE stream_id = $1',
    [stream],
  );
  return rows[0]!.events;
}
