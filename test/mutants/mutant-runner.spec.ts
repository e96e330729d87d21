import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../architecture/source-tree.js';
import { runMutants, type MutantRun, type Verdict } from './mutant-runner.js';
import type { PlantedFault } from './planted-fault.js';
import { orderOf } from './sample.js';
import { ScratchTree } from './scratch-tree.js';
import { resultsForTally } from './verdict-table.js';

const FILE = 'src/shared/rounding.ts';
const HALF = 'if (rest === 50) return roundedDown + (roundedDown % 2);';
const fault = (name: string, replace: string, find = HALF): PlantedFault => ({
  name,
  guarantee: 'Amounts are rounded half to even.',
  file: FILE,
  find,
  replace,
  specs: ['src/shared/rounding.spec.ts'],
});

let folder: string;
let tree: ScratchTree;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'waybill-mutants-'));
  tree = ScratchTree.create(root, join(folder, 'tree'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const verdictOn = async (planted: PlantedFault, more: Partial<MutantRun> = {}): Promise<Verdict> =>
  (await runMutants({ faults: [planted], trees: [tree], databaseUrl: undefined, ...more }))[0]!;

describe('the run of a planted fault', () => {
  it('calls it killed by the first test that fails, and leaves the copy as it was', async () => {
    const verdict = await verdictOn(fault('half-up', 'if (rest === 50) return roundedDown + 1;'));
    expect(verdict).toMatchObject({ outcome: 'killed', detail: expect.stringContaining('50 percent') });
    const [original, copy] = [root, tree.folder].map((at) => readFileSync(join(at, FILE), 'utf8'));
    expect(copy).toBe(original);
  });

  it('calls a change that harms nothing a survivor', async () => {
    const harmless = fault('harmless', 'if (50 === rest) return roundedDown % 2 + roundedDown;');
    expect(await verdictOn(harmless)).toMatchObject({ outcome: 'survived' });
  });

  it.each([
    ['is not in the code any more', fault('gone', '', 'if (rest === 49)'), 'occurs 0 times'],
    ['the program does not load with', fault('syntax', 'if ('), 'no test ran'],
  ])('calls one invalid that %s', async (_, planted, detail) => {
    expect(await verdictOn(planted)).toMatchObject({ outcome: 'invalid', detail: expect.stringContaining(detail) });
  });

  it('begins nothing once the time of a sample is over', async () => {
    const verdict = await verdictOn(fault('late', ''), { endAt: Date.now() - 1 });
    expect(verdict).toMatchObject({ outcome: 'not tried' });
  });
});

describe('a sample of planted faults', () => {
  const names = ['a', 'b', 'c', 'd', 'e'].map((name) => ({ name }));

  it('is the same all day and another one on the next', () => {
    expect(orderOf(names, '2026-11-28')).toEqual(orderOf(names.toReversed(), '2026-11-28'));
    const days = ['2026-11-28', '2026-11-29', '2026-11-30'].map((day) => JSON.stringify(orderOf(names, day)));
    expect(new Set(days).size).toBeGreaterThan(1);
  });

  it('counts a killed fault as passed, a survivor as failed, and neither what was not tried', () => {
    const verdict = (outcome: Verdict['outcome']): Verdict => ({
      fault: fault('x', ''),
      outcome,
      detail: '',
      seconds: 1,
    });
    const results = resultsForTally([verdict('killed'), verdict('survived'), verdict('invalid'), verdict('not tried')]);
    expect(results).toMatchObject({ numPassedTests: 1, numFailedTests: 2, numPendingTests: 1, success: false });
    expect(resultsForTally([verdict('not tried')])).toMatchObject({ success: false });
  });
});
