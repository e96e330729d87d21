import type { Configuration } from '#config';
import { loginWarnings } from './logins.js';
import { readMigrations } from './migrations.js';
import { pendingSteps } from './migrator.js';
import { findServer } from './open-database.js';
import { ownedDatabase, serverWarnings, withOwner } from './prepare.js';

/** A database as it was found. */
export interface Examination {
  /** The server's major version. */
  readonly version: number;
  /** Migrations that the next start would apply. */
  readonly pending: number;
  /** What falls short, each with its remedy. */
  readonly warnings: readonly string[];
}

/**
 * Looks at the configured database without changing it (an embedded server is started for the look). Throws what would
 * stop a start, with a text for the operator.
 */
export async function examineDatabase(configuration: Configuration, say: (text: string) => void): Promise<Examination> {
  const server = await findServer(configuration, say);
  try {
    const { steps } = await readMigrations();
    return await withOwner(server.ownerUrl, async (client) => {
      const database = await ownedDatabase(client, server.ownerUrl);
      const pending = await pendingSteps(client, steps);
      const warnings = [
        ...(await loginWarnings(database, configuration.database)),
        ...(await serverWarnings(database)),
      ];
      return { version: Math.floor(database.version / 10_000), pending: pending.length, warnings };
    });
  } finally {
    await server.leave();
  }
}
