import { statfs } from 'node:fs/promises';
import type { Configuration } from '#config';
import { failure, ok, warning, type Finding } from './finding.js';

const OLDEST_NODE = [20, 19] as const;
const DISK_WARNING = 0.2;
const DISK_LIMIT = 0.15;

/** Whether the program can run here at all. Needs no settings. */
export function examineNode(): Finding[] {
  const { node, icu } = process.versions;
  const [major = 0, minor = 0] = node.split('.').map(Number);
  const isOld = major < OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor < OLDEST_NODE[1]);
  const what = `Node ${node} on ${process.platform}-${process.arch}`;
  return [
    isOld ? failure(what, 'Install Node 20.19 or later; 24 LTS is best.') : ok(what),
    knowsEveryLanguage()
      ? ok(`Texts are compared and composed by ICU ${icu}, time zone ${zone()}`)
      : failure(
          'This Node supports English only (small ICU)',
          'Install Node from nodejs.org or your system’s packages.',
        ),
  ];
}

function knowsEveryLanguage(): boolean {
  return Intl.Collator.supportedLocalesOf(['de', 'ja', 'ar']).length === 3;
}

function zone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** Who we are, and what the embedded database needs of this machine. */
export async function examineMachine(configuration: Configuration): Promise<Finding[]> {
  const { database, runtime } = configuration;
  if (!database.embedded) return rootOf(runtime.environment);
  return [...(await programs(runtime.dataDir)), await dataFolder(runtime.dataDir), await disk(runtime.dataDir)];
}

function rootOf(environment: Configuration['runtime']['environment']): Finding[] {
  if (process.getuid?.() !== 0 || environment !== 'production') return [];
  return [warning('Waybill runs as root', 'Start it as a separate user without privileges.')];
}

/** The platform's binary, and, for root, the user that it runs as: PostgreSQL refuses to be root. */
async function programs(dataDir: string): Promise<Finding[]> {
  const { examineBinaries } = await import('../../database/embedded/index.js');
  try {
    const { version, account } = await examineBinaries(dataDir);
    const as = account === undefined ? '' : `, as ${account} because you are root`;
    return [ok(`The embedded PostgreSQL ${version} runs on this machine${as}`)];
  } catch (error) {
    const [what = '', ...remedy] = (error as Error).message.split('\n');
    return [failure(what, remedy.join('\n') || 'Set DATABASE_URL to a PostgreSQL of your own (15 to 18).')];
  }
}

async function dataFolder(dataDir: string): Promise<Finding> {
  const { DataDirRefused, missingFolders } = await import('../../database/embedded/index.js');
  try {
    const missing = await missingFolders(dataDir);
    return ok(`${dataDir} ${missing.length === 0 ? 'is writable' : 'can be created'}`);
  } catch (error) {
    if (!(error instanceof DataDirRefused)) throw error;
    return failure(error.what, error.remedy);
  }
}

/** Full, the database can't even recover. */
async function disk(dataDir: string): Promise<Finding> {
  const state = await statfs(dataDir).catch(() => statfs('.'));
  const free = state.bavail / state.blocks;
  const what = `${Math.round(free * 100)} % of the disk below ${dataDir} is free`;
  if (free >= DISK_WARNING) return ok(what);
  const remedy = 'Free disk space, or set DATA_DIR to another disk.';
  return free < DISK_LIMIT ? failure(what, remedy) : warning(what, remedy);
}
