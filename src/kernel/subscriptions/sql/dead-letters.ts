import type { StoredData } from '../../domain/index.js';
import type { Queryable } from '../../event-log/sql/queryable.js';
import { IS_FIRST_OF_KEY } from './first-of-key.js';
import { lockCheckpoints } from './lock-checkpoints.js';

/** A failed event as operators see it. */
export interface DeadLetter {
  readonly id: number;
  readonly subscription: string;
  readonly key: string;
  readonly position: number;
  readonly state: 'retrying' | 'waiting' | 'dead-lettered';
  /** What waits for it: the later events of its key, or all of its partition, since it may touch any row. */
  readonly blocks: 'key' | 'partition';
  readonly attempts: number;
  /** RFC 3339; null unless retrying. */
  readonly nextTryAt: string | null;
  readonly error: string | null;
  readonly failedAt: string;
  readonly event: {
    readonly eventId: string;
    readonly name: string;
    readonly version: number;
    readonly stream: string;
  };
  readonly data: StoredData;
  readonly isEdited: boolean;
}

export interface DeadLetterFilter {
  readonly ids?: readonly number[] | undefined;
  readonly subscription?: string | undefined;
  readonly key?: string | undefined;
  /** Event name. */
  readonly event?: string | undefined;
  readonly state?: DeadLetter['state'] | undefined;
  /** Part of the error text, any case, taken literally. */
  readonly error?: string | undefined;
  /** Only the first of each key. */
  readonly heads?: boolean | undefined;
}

/** The place of a failed event in the list, which is sorted by these. */
export interface DeadLetterPlace {
  readonly position: number;
  readonly id: number;
}

const MATCHING = `($1::bigint[] IS NULL OR h.id = ANY ($1)) AND ($2::text IS NULL OR h.subscription = $2)
  AND ($3::text IS NULL OR h.key = $3) AND ($4::text IS NULL OR e.name = $4) AND ($5::text IS NULL OR h.state = $5)
  AND ($6::text IS NULL OR strpos(lower(h.error), lower($6)) > 0)`;

const FAILED_EVENT = `h.id, h.subscription, h.key, h.position, h.state, h.blocks, h.attempts, h.next_try_at AS "nextTryAt",
  h.error, h.failed_at AS "failedAt", coalesce(h.data, e.data) AS data, h.data IS NOT NULL AS "isEdited",
  jsonb_build_object('eventId', e.event_id, 'name', e.name, 'version', e.schema_version, 'stream', e.stream_id) AS event`;

function valuesOf(filter: DeadLetterFilter): unknown[] {
  const { ids, subscription, key, event, state, error } = filter;
  return [ids ?? null, subscription ?? null, key ?? null, event ?? null, state ?? null, error ?? null];
}

/** Failed events by position; `limit` null for all. */
export async function findFailedEvents(
  on: Queryable,
  filter: DeadLetterFilter,
  page: { readonly limit: number | null; readonly after?: DeadLetterPlace | undefined },
): Promise<DeadLetter[]> {
  const { limit, after } = page;
  const { rows } = await on.query<DeadLetter & { [column: string]: unknown }>({
    text: `SELECT ${FAILED_EVENT} FROM kernel.failed_events h JOIN kernel.events e ON e.id = h.event_id
            WHERE ${MATCHING} AND (NOT $7 OR ${IS_FIRST_OF_KEY}) AND ($9::bigint IS NULL OR (h.position, h.id) > ($9, $10::bigint))
            ORDER BY h.position, h.id LIMIT $8`,
    values: [...valuesOf(filter), filter.heads ?? false, limit, after?.position ?? null, after?.id ?? null],
  });
  return rows;
}

/** Index: ux_failed_events_id. */
export async function readFailedEvent(on: Queryable, id: number): Promise<DeadLetter | undefined> {
  const [failed] = await findFailedEvents(on, { ids: [id] }, { limit: 1 });
  return failed;
}

/**
 * Makes the first failed event of each matching key due now, with its tries counted anew. What stops a partition needs
 * none: a release that can read it does so by itself. @returns how many.
 */
export async function makeDue(tx: Queryable, filter: DeadLetterFilter): Promise<number> {
  const { rowCount } = await tx.query({
    text: `UPDATE kernel.failed_events SET state = 'retrying', attempts = 0, next_try_at = clock_timestamp(), revision = revision + 1
            WHERE id IN (SELECT h.id FROM kernel.failed_events h JOIN kernel.events e ON e.id = h.event_id
                          WHERE ${MATCHING} AND ${IS_FIRST_OF_KEY} AND h.blocks = 'key')`,
    values: valuesOf(filter),
  });
  return rowCount ?? 0;
}

/** The failed event itself, and where it stops a partition, the same event in the other partitions that it stops. */
const SAME_EVENT = `(h.id = $1 OR EXISTS (SELECT FROM kernel.failed_events l WHERE l.id = $1 AND l.blocks = 'partition'
  AND h.blocks = 'partition' AND h.subscription = l.subscription AND h.position = l.position))`;

/**
 * Drops a failed event and lets the next one of its key be tried; partitions that stand before it go on behind it. The
 * checkpoints' locks keep the owner from queueing another one behind it meanwhile, which no worker would ever try.
 * @returns false when it isn't there any more.
 */
export async function discardFailedEvent(tx: Queryable, failed: DeadLetter): Promise<boolean> {
  await lockCheckpoints(tx, failed.subscription);
  const { rowCount } = await tx.query({
    text: `WITH dropped AS (DELETE FROM kernel.failed_events h WHERE ${SAME_EVENT} RETURNING h.*),
                passed AS (UPDATE kernel.checkpoints c SET position = d.position, event_id = e.event_id, fence = c.fence + 1
                             FROM dropped d JOIN kernel.events e ON e.id = d.event_id
                            WHERE d.blocks = 'partition' AND c.subscription = d.subscription
                              AND c.partition = d.partition AND c.position < d.position)
           SELECT FROM dropped`,
    values: [failed.id],
  });
  await tx.query({
    text: `UPDATE kernel.failed_events h SET state = 'retrying', next_try_at = clock_timestamp()
            WHERE h.subscription = $1 AND h.key = $2 AND ${IS_FIRST_OF_KEY}`,
    values: [failed.subscription, failed.key],
  });
  return (rowCount ?? 0) > 0;
}

/** Gives a failed event other data and makes it due. @returns false when it isn't there any more. */
export async function editFailedEvent(tx: Queryable, failed: DeadLetter, data: StoredData): Promise<boolean> {
  const { rowCount } = await tx.query({
    text: `UPDATE kernel.failed_events
              SET data = $2, revision = revision + 1, state = 'retrying', attempts = 0, next_try_at = clock_timestamp()
            WHERE id = $1`,
    values: [failed.id, JSON.stringify(data)],
  });
  return rowCount === 1;
}
