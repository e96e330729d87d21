/** TypeORM's data source that is injected: it follows units of work. */
export const WRITE_DATA_SOURCE = Symbol('waybill.write-data-source');
/** Makes TypeORM's query runner for a unit's transaction: `() => QueryRunner`. */
export const NEW_UNIT_RUNNER = Symbol('waybill.new-unit-runner');
/** TypeORM's data source of the query side (read-only role). */
export const READ_DATA_SOURCE = Symbol('waybill.read-data-source');
/** What stores commands instead of executing them, where the caller asked for it. */
export const COMMAND_DEFERRAL = Symbol('waybill.command-deferral');
/** What adds rows to a commit: inline projections. */
export const COMMIT_CONTRIBUTORS = Symbol('waybill.commit-contributors');
