import type { INestApplicationContext } from '@nestjs/common';

/** Entry point `#kernel/testing`: what specs need. Never imported by production code. Light: what needs a database is loaded late. */
export { metaOf } from './event-meta.js';
export { eventually } from './eventually.js';
export { given, givenOf } from './given.js';
export { givenLog } from './given-log.js';
export { givenRows } from './given-rows.js';
export { TestClock } from './test-clock.js';
export { until } from './until.js';

/** Waits until nothing is left to be done: see settled.ts, which is loaded only when it is called. */
export async function settled(app: INestApplicationContext): Promise<void> {
  const waiting = await import('./settled.js');
  return waiting.settled(app);
}
