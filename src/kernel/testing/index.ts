/** Door `#kernel/testing`: what specs need. Never imported by production code. Light: what needs a database is loaded late. */
export type { FreshDatabase } from './databases.js';
export { metaOf } from './event-meta.js';
export { eventually } from './eventually.js';
export { given, givenOf } from './given.js';
export { givenLog } from './given-log.js';
export { givenRows } from './given-rows.js';
export { TestClock } from './test-clock.js';
export { until } from './until.js';
export { freshDatabase, settled } from './with-database.js';
