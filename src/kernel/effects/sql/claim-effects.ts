import type { Queryable } from '../../event-log/sql/queryable.js';

export interface ClaimedEffect {
  readonly id: number;
  readonly tenant: string;
  readonly kind: string;
  readonly key: string;
  readonly body: unknown;
  readonly context: {
    correlationId: string;
    causationId: string | null;
    traceparent?: string;
    imported?: boolean;
    causationDepth?: number;
  };
  /** `dead-lettered` where its tries are used up by workers that died with it: it is not to be executed. */
  readonly state: 'running' | 'dead-lettered';
  readonly attempts: number;
  /** RFC 3339. */
  readonly intendedAt: string;
}

export interface Claim {
  readonly kind: string;
  readonly limit: number;
  readonly maxTries: number;
  /** When others may take it, by the database's clock: longer than the call and its record may take. */
  readonly claimMs: number;
}

/**
 * Takes effects that are due, oldest first: new ones, those whose pause is over, and those whose worker died. SKIP
 * LOCKED gives each to one worker; the array keeps the planner from reading twice. Index: ix_effects_due.
 */
export async function claimEffects(on: Queryable, claim: Claim): Promise<readonly ClaimedEffect[]> {
  const { rows } = await on.query<ClaimedEffect & { [column: string]: unknown }>({
    name: 'kernel_claim_effects',
    text: `UPDATE kernel.effects e
              SET state    = CASE WHEN e.attempts < $3 THEN 'running' ELSE 'dead-lettered' END,
                  attempts = least(e.attempts + 1, $3),
                  due_at   = CASE WHEN e.attempts < $3 THEN clock_timestamp() + $4 * interval '1 millisecond' END,
                  error    = CASE WHEN e.attempts < $3 THEN e.error
                                  ELSE 'Its workers ended during the call, each time. ' || coalesce(e.error, '') END
            WHERE e.id = ANY (ARRAY(
              SELECT d.id FROM kernel.effects d
               WHERE d.kind = $1 AND d.state IN ('pending', 'running') AND d.due_at <= now()
               ORDER BY d.due_at LIMIT $2 FOR UPDATE SKIP LOCKED))
        RETURNING e.id, e.tenant, e.kind, e.key, e.body, e.context, e.state, e.attempts, e.intended_at AS "intendedAt"`,
    values: [claim.kind, claim.limit, claim.maxTries, claim.claimMs],
  });
  return rows;
}
