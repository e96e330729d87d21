import { readFile, stat } from 'node:fs/promises';

/** Who the server runs as, where that isn't who we are: PostgreSQL refuses to run as root. */
export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** Users that every system has and that own nothing of worth, after PostgreSQL's own. */
const CANDIDATES = ['postgres', 'nobody', 'daemon'];

/**
 * The account for the server of `cluster`: undefined unless we are root. A cluster that exists has an owner, and
 * PostgreSQL must run as that owner.
 */
export async function serverAccount(cluster: string): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const accounts = await readAccounts();
  const owner = await ownerOf(cluster);
  if (owner !== undefined && owner.uid !== 0) {
    return accounts.find(({ uid }) => uid === owner.uid) ?? { name: `uid ${owner.uid}`, ...owner };
  }
  const found = CANDIDATES.map((name) => accounts.find((account) => account.name === name)).find(Boolean);
  return found ?? accounts.find(({ uid }) => uid > 0);
}

async function ownerOf(path: string): Promise<{ uid: number; gid: number } | undefined> {
  try {
    const { uid, gid } = await stat(path);
    return { uid, gid };
  } catch {
    return undefined;
  }
}

async function readAccounts(): Promise<Account[]> {
  const lines = (await readFile('/etc/passwd', 'utf8')).split('\n');
  return lines
    .map((line) => line.split(':'))
    .filter((fields) => fields.length >= 4)
    .map(([name, , uid, gid]) => ({ name: name!, uid: Number(uid), gid: Number(gid) }));
}
