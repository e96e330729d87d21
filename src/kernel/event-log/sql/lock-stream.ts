import type { Queryable } from './queryable.js';

/** Takes the row lock of a stream until the transaction ends, so that a much-wanted stream is handled one by one. */
export async function lockStream(tx: Queryable, tenant: string, streamId: string): Promise<void> {
  await tx.query({
    name: 'kernel_lock_stream',
    text: 'SELECT kernel.lock_stream($1, $2)',
    values: [tenant, streamId],
  });
}
