import { statfs } from 'node:fs/promises';
import type { Command } from 'commander';
import { ConfigurationRefused, maskedUrl, printedConfiguration, type Configuration } from '#config';
import { examineDatabase } from '../kernel/database/examine.js';
import { cli, CliExit, EXIT } from './cli.js';

/** One thing looked at. `remedy` only where something is to be done. */
interface Finding {
  readonly state: 'ok' | 'warning' | 'failure';
  readonly what: string;
  readonly remedy?: string;
}

const MARK = { ok: '✓', warning: '⚠', failure: '✗' } as const;
const OLDEST_NODE = [20, 19] as const;
const DISK_WARNING = 0.2;
const DISK_LIMIT = 0.15;

/** `waybill doctor`: what is wrong with this machine or its settings, each with the way out. */
export function registerDoctor(program: Command): void {
  program
    .command('doctor')
    .description('Look at this machine, its settings and its database, and say what to do.')
    .option('--settings', 'print the settings in force, passwords masked')
    .action(doctor);
}

async function doctor({ settings }: { settings?: boolean }): Promise<void> {
  const findings: Finding[] = [node()];
  const configuration = readConfiguration(findings);
  if (configuration !== undefined) {
    if (settings) for (const line of printedConfiguration(configuration)) cli.print(line);
    findings.push(...(await disk(configuration)), ...(await database(configuration)));
  }
  for (const { state, what, remedy } of findings) cli.print(`${MARK[state]} ${what}${remedy ? `\n  → ${remedy}` : ''}`);
  const failures = findings.filter(({ state }) => state === 'failure').length;
  if (failures > 0) throw new CliExit(EXIT.failed, `${failures} of ${findings.length} findings must be dealt with.`);
}

function node(): Finding {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const isOld = major < OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor < OLDEST_NODE[1]);
  const what = `Node ${process.versions.node} on ${process.platform}-${process.arch}`;
  return isOld
    ? { state: 'failure', what, remedy: 'Install Node 20.19 or later; 24 LTS is best.' }
    : { state: 'ok', what };
}

function readConfiguration(findings: Finding[]): Configuration | undefined {
  try {
    const configuration = cli.configuration();
    findings.push({ state: 'ok', what: `Settings are sound (${configuration.runtime.environment})` });
    return configuration;
  } catch (error) {
    if (!(error instanceof ConfigurationRefused)) throw error;
    findings.push(...error.reasons.map((reason): Finding => ({ state: 'failure', what: 'A setting', remedy: reason })));
    return undefined;
  }
}

/** Only where the embedded database fills this machine's disk: full, it can't even recover. */
async function disk({ database: { embedded }, runtime }: Configuration): Promise<Finding[]> {
  if (!embedded) return [];
  const state = await statfs(runtime.dataDir).catch(() => statfs('.'));
  const free = state.bavail / state.blocks;
  const what = `${Math.round(free * 100)} % of the disk below ${runtime.dataDir} is free`;
  if (free >= DISK_WARNING) return [{ state: 'ok', what }];
  const remedy = 'Free some, or set DATA_DIR to another disk.';
  return [{ state: free < DISK_LIMIT ? 'failure' : 'warning', what, remedy }];
}

async function database(configuration: Configuration): Promise<Finding[]> {
  const place =
    configuration.database.url === undefined ? configuration.runtime.dataDir : maskedUrl(configuration.database.url);
  try {
    const { version, warnings, pending } = await examineDatabase(configuration, cli.say);
    return [
      { state: 'ok', what: `PostgreSQL ${version} answers at ${place}` },
      {
        state: 'ok',
        what: pending === 0 ? 'Every migration is applied' : `${pending} migrations will be applied by the next start`,
      },
      ...warnings.map((warning): Finding => ({ state: 'warning', what: 'The database', remedy: warning })),
    ];
  } catch (error) {
    const remedy = error instanceof Error ? error.message : String(error);
    return [{ state: 'failure', what: `The database at ${place} can't be used`, remedy }];
  }
}
