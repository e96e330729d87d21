/** Entry point `#kernel/database`: what the start of an application needs besides DurableCqrsModule. */
export { Pools, type Login, type Logins, type PoolSettings } from './pools.js';
export type { RoleLimits } from './role-settings.js';
export { migrateDatabase, type DatabaseMigration } from '../migrations/migrate-database.js';
export { MigrationRefused, type MigrationOutcome } from '../migrations/migrator.js';
