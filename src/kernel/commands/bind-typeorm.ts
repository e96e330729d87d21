import type { DataSource, EntityManager, EntityTarget, ObjectLiteral, QueryRunner, Repository } from 'typeorm';
import { UnitOfWork } from './unit-of-work.js';

/**
 * Makes what Nest injects from a data source follow the command: inside a unit of work a repository or entity manager
 * works in the unit's transaction, outside it reads with the query role (and a write fails, because it would be atomic
 * with nothing). Without this, ten handlers that each hold a transaction and ask the pool for a second connection
 * wait for each other for ever.
 */
export function bindToUnits(write: DataSource, read: DataSource): void {
  const target = (): EntityManager => currentUnit()?.transaction.manager() ?? read.manager;
  const ownManager = write.manager;
  const query: DataSource['query'] = write.query.bind(write);
  write.getRepository = <E extends ObjectLiteral>(entity: EntityTarget<E>): Repository<E> =>
    following(ownManager.getRepository(entity), () => target().getRepository(entity));
  // An entity manager asks its data source, and says by which connection.
  write.query = <T>(text: string, values?: unknown[], runner?: QueryRunner): Promise<T> =>
    runner === undefined ? target().query<T>(text, values) : query<T>(text, values, runner);
  Object.defineProperty(write, 'manager', { value: following(ownManager, target), configurable: true });
}

/** @throws Error for what a handler started and did not await: nobody would end the transaction that it opens. */
function currentUnit(): UnitOfWork | undefined {
  const unit = UnitOfWork.current();
  unit?.assertOpen('TypeORM');
  return unit;
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
