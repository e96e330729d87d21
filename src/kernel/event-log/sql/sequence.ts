import type { Queryable } from './queryable.js';

export interface Sequenced {
  /** The highest position that exists now. */
  readonly head: number;
  /** UUID of the event there; null while the log is empty. */
  readonly headEvent: string | null;
  /** The log's epoch; null before the first start. */
  readonly epoch: string | null;
  /** How many positions this call gave; null: another session was giving some, and this one didn't wait. */
  readonly assigned: number | null;
}

const SEQUENCE = 'SELECT head, head_event AS "headEvent", epoch, assigned FROM kernel.sequence($1, $2)';

/** Gives positions to events that were committed before the call. Autocommit only: the lock inside must end with the statement. */
export async function sequence(on: Queryable, max: number): Promise<Sequenced & { readonly assigned: number }> {
  return (await call(on, max, true)) as Sequenced & { readonly assigned: number };
}

/** As `sequence`, unless another session is giving positions at this moment: then only the head is read. */
export function trySequence(on: Queryable, max: number): Promise<Sequenced> {
  return call(on, max, false);
}

async function call(on: Queryable, max: number, isWaiting: boolean): Promise<Sequenced> {
  const { rows } = await on.query<Sequenced & { [column: string]: unknown }>({
    name: 'kernel_sequence',
    text: SEQUENCE,
    values: [max, isWaiting],
  });
  return rows[0]!;
}
