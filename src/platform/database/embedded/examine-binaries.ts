import { join } from 'node:path';
import { serverAccount } from './account.js';
import { findBinaries } from './binaries.js';
import { ServerPrograms } from './server-process.js';

/** What would run as the embedded server. */
export interface BinariesFound {
  /** `18.4` */
  readonly version: string;
  /** The user that the server runs as; undefined: ourselves. */
  readonly account: string | undefined;
}

/** Finds the binaries of this machine and runs one. Throws NoBinaries, with what was tried and the way out. */
export async function examineBinaries(dataDir: string): Promise<BinariesFound> {
  const account = await serverAccount(join(dataDir, 'pg18'));
  const programs = new ServerPrograms(account);
  const { initdb } = await findBinaries(programs, dataDir);
  const { output } = await programs.run(initdb, ['--version']);
  return { version: /\d+(?:\.\d+)*/.exec(output)?.[0] ?? output.trim(), account: account?.name };
}
