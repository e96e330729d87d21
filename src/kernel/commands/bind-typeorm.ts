import type { DataSource, EntityManager, EntityTarget, ObjectLiteral, Repository } from 'typeorm';
import { UnitOfWork } from './unit-of-work.js';

/**
 * Makes what Nest injects from a data source follow the command: inside a unit of work a repository or entity manager
 * works in the unit's transaction, outside it reads with the query role (and a write fails, because it would be atomic
 * with nothing). Without this, ten handlers that each hold a transaction and ask the pool for a second connection
 * wait for each other for ever.
 */
export function bindToUnits(write: DataSource, read: DataSource): void {
  const target = (): EntityManager => UnitOfWork.current()?.transaction.manager() ?? read.manager;
  const ownManager = write.manager;
  write.getRepository = <E extends ObjectLiteral>(entity: EntityTarget<E>): Repository<E> =>
    following(ownManager.getRepository(entity), () => target().getRepository(entity));
  Object.defineProperty(write, 'manager', { value: following(ownManager, target), configurable: true });
}

function following<T extends object>(own: T, current: () => T): T {
  return new Proxy(own, {
    get(_, property) {
      const now = current();
      const value: unknown = Reflect.get(now, property, now);
      return typeof value === 'function' ? (value as (...args: unknown[]) => unknown).bind(now) : value;
    },
  });
}
