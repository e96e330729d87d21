import type { INestApplicationContext } from '@nestjs/common';
import type { FreshDatabase } from './databases.js';

// Loaded only when they are called: a pure spec that takes `given` from the same door shall not wait for a database driver.

/** A database of its own for the calling spec file: see databases.ts. */
export async function freshDatabase(specUrl: string): Promise<FreshDatabase> {
  const databases = await import('./databases.js');
  return databases.freshDatabase(specUrl);
}

/** Waits until nothing is left to be done: see settled.ts. */
export async function settled(app: INestApplicationContext): Promise<void> {
  const waiting = await import('./settled.js');
  return waiting.settled(app);
}
