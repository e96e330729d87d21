import type { FreshDatabase } from './databases.js';

/** Entry point `#platform/testing`: a database for each spec file. Never imported by production code. */
export type { FreshDatabase } from './databases.js';

/** A database of its own for the calling spec file: see databases.ts, which is loaded only when it is called. */
export async function freshDatabase(specUrl: string): Promise<FreshDatabase> {
  const databases = await import('./databases.js');
  return databases.freshDatabase(specUrl);
}
