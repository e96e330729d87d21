import { EditDoesNotApply, plantedTexts, type PlantedFault } from './planted-fault.js';
import type { ScratchTree } from './scratch-tree.js';
import { runUntilFailure, type SpecResult } from './spec-run.js';

/** A fault that no spec decides on within this time needs a narrower one. */
const LIMIT_MS = 150_000;

export interface Verdict {
  readonly fault: PlantedFault;
  /**
   * `killed` is the only good one. `invalid`: the fault doesn't apply any more, or the program doesn't load with it.
   * `undecided`: the specs took too long. `not tried`: the time for the sample was over.
   */
  readonly outcome: 'killed' | 'survived' | 'invalid' | 'undecided' | 'not tried';
  /** The first test that failed, or what went wrong. */
  readonly detail: string;
  readonly seconds: number;
}

export interface MutantRun {
  readonly faults: readonly PlantedFault[];
  /** As many faults as there are trees are tried at the same time. */
  readonly trees: readonly ScratchTree[];
  readonly databaseUrl: string | undefined;
  /** In ms since 1970: nothing is begun after it, and what isn't decided by then counts as not tried. */
  readonly endAt?: number;
  readonly onVerdict?: (verdict: Verdict) => void;
}

/** Plants one fault after the other and runs the specs that should notice it. */
export async function runMutants(run: MutantRun): Promise<readonly Verdict[]> {
  const waiting = [...run.faults];
  const verdicts: Verdict[] = [];
  const work = async (tree: ScratchTree): Promise<void> => {
    for (let fault = waiting.shift(); fault !== undefined; fault = waiting.shift()) {
      const verdict = await tryFault(fault, tree, run);
      verdicts.push(verdict);
      run.onVerdict?.(verdict);
    }
  };
  await Promise.all(run.trees.map(work));
  return verdicts;
}

async function tryFault(fault: PlantedFault, tree: ScratchTree, run: MutantRun): Promise<Verdict> {
  const { databaseUrl, endAt = Infinity } = run;
  const begunAt = Date.now();
  const verdict = (outcome: Verdict['outcome'], detail: string): Verdict => {
    return { fault, outcome, detail, seconds: (Date.now() - begunAt) / 1_000 };
  };
  if (begunAt >= endAt) return verdict('not tried', '');
  const texts = textsOf(fault, tree);
  if (typeof texts === 'string') return verdict('invalid', texts);
  const restore = tree.replace(texts);
  try {
    const atMostMs = Math.min(LIMIT_MS, endAt - begunAt);
    const result = await runUntilFailure({ folder: tree.folder, specs: fault.specs, databaseUrl, atMostMs });
    return verdict(...judge(result, atMostMs));
  } finally {
    restore();
  }
}

function textsOf(fault: PlantedFault, tree: ScratchTree): ReadonlyMap<string, string> | string {
  try {
    return plantedTexts(fault, (file) => tree.read(file));
  } catch (error) {
    if (error instanceof EditDoesNotApply) return error.message;
    throw error;
  }
}

function judge(result: SpecResult, atMostMs: number): [outcome: Verdict['outcome'], detail: string] {
  switch (result.outcome) {
    case 'failed':
      return ['killed', result.by];
    case 'passed':
      return ['survived', 'every test passed'];
    case 'broken':
      return ['invalid', `no test ran: ${result.cause}`];
    case 'timed out':
      return atMostMs < LIMIT_MS ? ['not tried', 'the time was over'] : ['undecided', 'name a narrower spec'];
    default:
      return result satisfies never;
  }
}
