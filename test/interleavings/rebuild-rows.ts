import type { ClientBase } from 'pg';
import { Counted, streamOf } from '../support/toys.js';
import { emptyLog, givenEvents } from './log-rows.js';
import { NEXT_FACTOR } from './rebuild-releases.js';

/** How the inline view is registered. */
export interface RegisteredView {
  readonly version: number;
  readonly isMarked: boolean;
}

interface ViewRow {
  readonly id: string;
  readonly total: number;
  readonly version: number;
  readonly eventId: number;
}

interface StoredEvent {
  readonly tenant: string;
  readonly stream: string;
  readonly version: number;
  readonly id: number;
  readonly data: { readonly by?: number };
}

/** By stream. */
export const GIVEN_EVENTS = { kept: 1, cleared: 2 };

/** The view at version 1, no process alive, and what it was filled from: one count of `kept`, and `cleared` without a row. */
export async function resetView(owner: ClientBase): Promise<void> {
  await emptyLog(owner);
  await owner.query(`
    DELETE FROM toy_read.counters;
    DELETE FROM kernel.replicas;
    UPDATE kernel.subscriptions SET version = 1, kind = 'inline', rebuild_to = NULL WHERE name = 'toy.counters'`);
  await givenEvents(owner, [
    counted('kept'),
    counted('cleared'),
    { stream: streamOf('cleared'), name: 'toy.cleared', data: { counterId: 'cleared' } },
  ]);
  await owner.query(`
    INSERT INTO toy_read.counters (counter_id, total, version, event_id)
    SELECT 'kept', 1, 1, id FROM kernel.events WHERE stream_id = '${streamOf('kept')}'`);
}

function counted(id: string): { stream: string; name: string; data: Counted } {
  return { stream: streamOf(id), name: 'toy.counted', data: new Counted(id, 1) };
}

export async function registeredView(owner: ClientBase): Promise<RegisteredView> {
  const { rows } = await owner.query<RegisteredView>(
    `SELECT version, rebuild_to IS NOT NULL AS "isMarked" FROM kernel.subscriptions WHERE name = 'toy.counters'`,
  );
  return rows[0]!;
}

/** Rows that aren't what the registered version folds from their streams, and rows that are missing. */
export async function wrongRows(owner: ClientBase): Promise<string[]> {
  const { version } = await registeredView(owner);
  const { rows: events } = await owner.query<StoredEvent>(
    'SELECT tenant, stream_id AS stream, version, id, data FROM kernel.events ORDER BY id',
  );
  const { rows } = await owner.query<ViewRow>(
    'SELECT counter_id AS id, total, version, event_id AS "eventId" FROM toy_read.counters',
  );
  const [expected, stored] = [folded(events, version === 1 ? 1 : NEXT_FACTOR), rows].map(textOf);
  return stored === expected ? [] : [`the view of version ${version} holds ${stored} instead of ${expected}`];
}

/** One row per stream of each tenant. */
function folded(events: readonly StoredEvent[], factor: number): ViewRow[] {
  const rows = new Map<string, ViewRow>();
  for (const { tenant, stream, version, id: eventId, data } of events) {
    const key = `${tenant} ${stream}`;
    const total = (rows.get(key)?.total ?? 0) + (data.by ?? 0) * factor;
    if (data.by === undefined) rows.delete(key);
    else rows.set(key, { id: stream.slice(streamOf('').length), total, version, eventId });
  }
  return [...rows.values()];
}

function textOf(rows: readonly ViewRow[]): string {
  const texts = rows.map(({ id, total, version, eventId }) => `${id}=${total} (version ${version}, event ${eventId})`);
  return texts.toSorted().join(', ') || 'nothing';
}
