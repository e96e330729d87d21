import { UnitOfWork } from '../commands/unit-of-work.js';
import type { Pools } from '../database/pools.js';
import { inTransaction } from '../database/transaction.js';
import type { Actor } from '../domain/index.js';
import type { Queryable } from '../event-log/sql/queryable.js';

/** Who does something to the kernel's work, and why; written to the audit in the same transaction. */
export interface OperatorAct {
  readonly by: Pick<Actor, 'id'>;
  readonly reason?: string | undefined;
}

/** In the caller's unit of work, so that its idempotency key covers this too; else in a transaction of its own. */
export async function inUnitOrTransaction<T>(pools: Pools, work: (tx: Queryable) => Promise<T>): Promise<T> {
  const unit = UnitOfWork.current();
  if (unit !== undefined) return work(await unit.transaction.client());
  return inTransaction(pools.app, work);
}
