// npm run mutants                              plants each fault of test/mutants/faults; fails when no spec notices one
// npm run mutants -- --only <name> [--only …]  these alone
// npm run mutants -- --sample 3 [--day 2026-11-28]   as many as fit into so many minutes, others on another day
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { useEmbeddedServer } from '../../src/platform/database/embedded/index.js';
import { plantedFaults } from './faults/index.js';
import { runMutants, type Verdict } from './mutant-runner.js';
import type { PlantedFault } from './planted-fault.js';
import { orderOf } from './sample.js';
import { ScratchTree } from './scratch-tree.js';
import { classOf, runSpecs, type SpecResult } from './spec-run.js';
import { resultsForTally, rowOf, summaryOf } from './verdict-table.js';

/** Two at a time fill the two cores we count on. */
const AT_ONCE = 2;
/** What a sample leaves for stopping the server and removing the copies. */
const CLOSING_MS = 5_000;
const BASELINE_MS = 15 * 60_000;

const startedAt = Date.now();
const root = process.cwd();
const folder = join(root, '.cache/mutants');

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true },
    sample: { type: 'string' },
    day: { type: 'string', default: new Date().toISOString().slice(0, 10) },
  },
});
const sampleMinutes = values.sample === undefined ? undefined : Number(values.sample);

function secondsSinceStart(): string {
  return ((Date.now() - startedAt) / 1_000).toFixed(0);
}

function report(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** @throws Error naming what is unknown among `--only`. */
function chosen(): readonly PlantedFault[] {
  const { only } = values;
  if (only === undefined) return sampleMinutes === undefined ? plantedFaults : orderOf(plantedFaults, values.day);
  const unknown = only.filter((name) => !plantedFaults.some((fault) => fault.name === name));
  if (unknown.length > 0) throw new Error(`There is no planted fault ${unknown.join(', ')}.`);
  return plantedFaults.filter(({ name }) => only.includes(name));
}

/** The specs say something about a fault only where they pass without one. */
class BaselineFailed extends Error {
  constructor(result: Exclude<SpecResult, { outcome: 'passed' }>) {
    super(
      `Without any fault the specs must pass: ${result.outcome}. ${'by' in result ? result.by : ''}\n${result.cause}`,
    );
  }
}

/** Without a fault every spec must pass, or each would seem to notice. A sample runs after all tests. */
async function assertBaseline(
  specs: readonly string[],
  tree: ScratchTree,
  databaseUrl: string | undefined,
): Promise<void> {
  const result = await runSpecs({ folder: tree.folder, specs, databaseUrl, atMostMs: BASELINE_MS });
  if (result.outcome === 'passed') return;
  throw new BaselineFailed(result);
}

async function tryAll(faults: readonly PlantedFault[], databaseUrl: string | undefined): Promise<readonly Verdict[]> {
  const trees = Array.from({ length: AT_ONCE }, (_, n) => ScratchTree.create(root, join(folder, `tree-${n + 1}`)));
  const onVerdict = (verdict: Verdict): void => {
    if (verdict.outcome !== 'not tried') report(rowOf(verdict));
  };
  if (sampleMinutes !== undefined) {
    const endAt = startedAt + sampleMinutes * 60_000 - CLOSING_MS;
    return runMutants({ faults, trees, databaseUrl, endAt, onVerdict });
  }
  await assertBaseline([...new Set(faults.flatMap(({ specs }) => specs))], trees[0]!, databaseUrl);
  report(`Without a fault all specs pass (${secondsSinceStart()} s).`);
  return runMutants({ faults, trees, databaseUrl, onVerdict });
}

/** One server for all runs, unless pure specs decide on everything. */
async function withServer<T>(isNeeded: boolean, work: (databaseUrl: string | undefined) => Promise<T>): Promise<T> {
  if (!isNeeded) return work(undefined);
  const server = await useEmbeddedServer({ dataDir: join(folder, 'server'), isDurable: false });
  try {
    const url = new URL(server.ownerUrl);
    url.pathname = '/postgres';
    return await work(url.toString());
  } finally {
    await server.leave();
  }
}

async function main(): Promise<void> {
  const faults = chosen();
  mkdirSync(folder, { recursive: true });
  if (sampleMinutes !== undefined)
    report(`Sample of ${values.day}; the same again: npm run mutants -- --sample ${sampleMinutes} --day ${values.day}`);
  const needsDatabase = faults.some(({ specs }) => specs.some((spec) => classOf(spec) !== 'pure'));
  const verdicts = await withServer(needsDatabase, (databaseUrl) => tryAll(faults, databaseUrl));
  rmSync(folder, { recursive: true, force: true });
  report(`\n${summaryOf(verdicts)} in ${secondsSinceStart()} s`);
  mkdirSync(join(root, '.cache/tests'), { recursive: true });
  writeFileSync(join(root, '.cache/tests/mutants.json'), JSON.stringify(resultsForTally(verdicts)));
  process.exitCode = verdicts.every(({ outcome }) => outcome === 'killed' || outcome === 'not tried') ? 0 : 1;
}

await main().catch((error: unknown) => {
  report(error instanceof BaselineFailed ? error.message : String((error as Error).stack));
  process.exitCode = 1;
});
