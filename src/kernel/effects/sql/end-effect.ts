import type { Queryable } from '../../event-log/sql/queryable.js';

/** A success is one whoever reports it, also a worker whose claim has ended meanwhile. Index: the primary key.
 *  @param result what the call answered, as JSON. */
export async function endEffect(on: Queryable, id: number, result: string | null): Promise<void> {
  await on.query({
    name: 'kernel_end_effect',
    text: `UPDATE kernel.effects SET state = 'done', due_at = NULL, error = NULL, result = $2, ended_at = clock_timestamp()
            WHERE id = $1 AND state <> 'done'`,
    values: [id, result],
  });
}

export interface FailedCall {
  readonly id: number;
  readonly attempts: number;
  readonly error: string;
  /** Undefined: dead-lettered. */
  readonly tryInMs: number | undefined;
}

/** The number of tries is the fence: of a claim that another worker has taken over, nothing is recorded. */
export async function effectFailed(on: Queryable, { id, attempts, error, tryInMs }: FailedCall): Promise<void> {
  await on.query({
    name: 'kernel_effect_failed',
    text: `UPDATE kernel.effects
              SET state  = CASE WHEN $4::float8 IS NULL THEN 'dead-lettered' ELSE 'pending' END,
                  due_at = clock_timestamp() + $4::float8 * interval '1 millisecond',
                  error  = $3
            WHERE id = $1 AND attempts = $2 AND state = 'running'`,
    values: [id, attempts, error, tryInMs ?? null],
  });
}
