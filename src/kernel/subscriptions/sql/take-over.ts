import type { Queryable } from '../../event-log/sql/queryable.js';

export interface OwnedCheckpoint {
  readonly partition: number;
  readonly position: number;
  readonly fence: number;
  /** Of the lease that it was given for. */
  readonly token: number;
}

/** How a subscription is laid out, read under the locks of its checkpoints. */
export interface Layout {
  readonly partitions: number;
  /** Where the partitions of each former number of them stood when it was changed: what their keys had beyond the checkpoints. */
  readonly former: readonly (readonly number[])[];
  /** Names of the events that any release has subscribed. */
  readonly events: readonly string[];
  readonly hasOwnKeys: boolean;
}

/**
 * Raises the fence of partitions beside their effects: from here on, no earlier owner can commit. Gives only those whose
 * lease is still the replica's, and nothing when another version of the code fills the view, other events are registered, or
 * the subscription doesn't run.
 */
export async function takeOver(
  on: Queryable,
  of: { readonly name: string; readonly version: number; readonly run: string; readonly replica: string },
  leases: readonly { readonly partition: number; readonly token: number }[],
): Promise<{ readonly layout: Layout; readonly taken: readonly OwnedCheckpoint[] }> {
  const wanted = leases.map(({ partition, token }) => ({ partition, token }));
  const { rows } = await on.query<{ layout: Layout; taken: OwnedCheckpoint[] }>({
    name: 'kernel_take_over',
    text: 'SELECT layout, taken FROM kernel.take_over($1, $2, $3, $4, $5)',
    values: [of.name, of.version, of.run, of.replica, JSON.stringify(wanted)],
  });
  return rows[0]!;
}
