import type { Queryable } from '../../event-log/sql/queryable.js';

/** An effect as operators see it. */
export interface EffectRecord {
  readonly id: number;
  readonly tenant: string;
  readonly kind: string;
  readonly key: string;
  readonly body: unknown;
  readonly state: 'pending' | 'running' | 'done' | 'dead-lettered';
  readonly attempts: number;
  /** RFC 3339; the next try, or the end of the claim of a call under way. */
  readonly dueAt: string | null;
  readonly error: string | null;
  readonly result: unknown;
  readonly intendedAt: string;
  readonly endedAt: string | null;
}

export interface EffectFilter {
  readonly ids?: readonly number[] | undefined;
  readonly kind?: string | undefined;
  readonly key?: string | undefined;
  readonly state?: EffectRecord['state'] | undefined;
}

const MATCHING = `($1::bigint[] IS NULL OR id = ANY ($1)) AND ($2::text IS NULL OR kind = $2)
  AND ($3::text IS NULL OR key = $3) AND ($4::text IS NULL OR state = $4)`;

function valuesOf({ ids, kind, key, state }: EffectFilter): unknown[] {
  return [ids ?? null, kind ?? null, key ?? null, state ?? null];
}

/** Newest first. Planned for each filter anew: dead-lettered ones by ix_effects_dead_lettered, else by the primary key. */
export async function findEffects(on: Queryable, filter: EffectFilter, limit: number): Promise<EffectRecord[]> {
  const { rows } = await on.query<EffectRecord & { [column: string]: unknown }>({
    text: `SELECT id, tenant, kind, key, body, state, attempts, due_at AS "dueAt", error, result,
                  intended_at AS "intendedAt", ended_at AS "endedAt"
             FROM kernel.effects WHERE ${MATCHING} ORDER BY id DESC LIMIT $5`,
    values: [...valuesOf(filter), limit],
  });
  return rows;
}

/** Makes dead-lettered effects due now, with their tries counted anew. @returns their ids. */
export async function retryDeadLetters(on: Queryable, filter: Omit<EffectFilter, 'state'>): Promise<number[]> {
  const { rows } = await on.query<{ id: number }>({
    text: `UPDATE kernel.effects SET state = 'pending', attempts = 0, due_at = clock_timestamp()
            WHERE ${MATCHING} RETURNING id`,
    values: valuesOf({ ...filter, state: 'dead-lettered' }),
  });
  return rows.map(({ id }) => id);
}
