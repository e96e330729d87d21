import type { Queryable } from './queryable.js';

export interface Sequenced {
  /** The highest position that exists now. */
  readonly head: number;
  /** How many positions this call gave. */
  readonly assigned: number;
}

/** Gives positions to committed events. Autocommit only: the lock inside must end with the statement. */
export async function sequence(on: Queryable, max: number): Promise<Sequenced> {
  const { rows } = await on.query<{ head: number; assigned: number }>({
    name: 'kernel_sequence',
    text: 'SELECT head, assigned FROM kernel.sequence($1)',
    values: [max],
  });
  return rows[0]!;
}
