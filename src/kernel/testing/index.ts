/** Door `#kernel/testing`: what specs need. Never imported by production code. */
export { freshDatabase, type FreshDatabase } from './databases.js';
export { eventually } from './eventually.js';
