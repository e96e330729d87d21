import type { DataSource, QueryRunner } from 'typeorm';
import { withCallbacksInside } from './savepoints.js';
import { UnitOfWork } from './unit-of-work.js';

/** What would change the schema, or the data source itself. */
const REFUSED = [
  'setOptions',
  'synchronize',
  'dropDatabase',
  'runMigrations',
  'undoLastMigration',
  'showMigrations',
] as const;

type Connect = (callback: (error: Error) => void) => void;

/**
 * Makes everything that queries by a data source follow the command: inside a unit of work in the unit's transaction,
 * outside it with the query role (where a write fails, because it would be atomic with nothing). Without this, ten handlers
 * that each hold a transaction and ask the pool for a second connection wait for each other for ever.
 *
 * Repositories, entity managers, query builders, `query`, `sql` and `transaction` all end in a query runner, so that is
 * where they are bound: at the time of each query. The data source's own pool gives no connections any more, so a way
 * that isn't bound fails instead of writing beside the unit.
 *
 * @returns what makes a query runner for a unit's transaction.
 */
export function bindToUnits(write: DataSource, read: DataSource): () => QueryRunner {
  const newRunner: DataSource['createQueryRunner'] = write.createQueryRunner.bind(write);
  const newManager = write.createEntityManager.bind(write);
  write.createEntityManager = (runner) => withCallbacksInside(newManager(runner));
  withCallbacksInside(write.manager);
  write.createQueryRunner = (mode) => currentUnit()?.transaction.runner() ?? read.createQueryRunner(mode);
  for (const name of REFUSED) Object.assign(write, { [name]: () => Promise.reject(refused(name)) });
  const { master } = write.driver as unknown as { master: { connect: Connect } };
  master.connect = (callback) => callback(unbound());
  return newRunner;
}

/** @throws Error for what a handler started and did not await: no caller would end the transaction that it opens. */
function currentUnit(): UnitOfWork | undefined {
  const unit = UnitOfWork.current();
  unit?.assertOpen('TypeORM');
  return unit;
}

function refused(name: string): Error {
  return new Error(
    `DataSource.${name}() is not for applications: migrations/ is the only place that changes the schema, at the start.`,
  );
}

function unbound(): Error {
  return new Error(
    'This way to query goes past the unit of work. Use an injected repository, an entity manager, or the data source’s ' +
      'query(), createQueryBuilder() or createQueryRunner().',
  );
}
