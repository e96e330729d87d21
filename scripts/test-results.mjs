import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './build-if-stale.mjs';

/** The speed classes, fastest first. The suffix of a spec's file says which it belongs to. */
export const testClasses = ['pure', 'db', 'interleavings', 'e2e', 'security', 'durability'];

/** The classes that need a database, run again through a pooler, and specs of its own; not part of `npm test`. */
export const poolerRun = { name: 'pgbouncer', classes: ['db', 'e2e', 'pgbouncer'] };

/** Planted faults, of which a sample is run (npm run mutants). */
export const mutantRun = 'mutants';

const folder = join(root, '.cache', 'tests');

/** Where jest writes the results of one class; what an earlier run left there is gone. */
export function freshResultFile(testClass) {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${testClass}.json`);
  rmSync(file, { force: true });
  return file;
}

/**
 * What one class came to. A suite that didn't even run counts as one failure, and so does a run that found no test or
 * left no result.
 *
 * @returns {{ passed: number, failed: number, skipped: number }}
 */
export function countsOf(testClass) {
  try {
    const run = JSON.parse(readFileSync(join(folder, `${testClass}.json`), 'utf8'));
    const skipped = run.numPendingTests + run.numTodoTests;
    const failed = run.numFailedTests + run.numRuntimeErrorTestSuites;
    const isEmpty = run.numTotalTests === 0;
    return { passed: run.numPassedTests, failed: failed === 0 && (isEmpty || !run.success) ? 1 : failed, skipped };
  } catch {
    return { passed: 0, failed: 1, skipped: 0 };
  }
}

const trafficFile = join(folder, 'pgbouncer-traffic.json');

/** Where the run writes down what went through the pooler; what an earlier run left there is gone. */
export function freshTrafficFile() {
  rmSync(trafficFile, { force: true });
  return trafficFile;
}

/**
 * What went through the pooler, and how many tests passed that should have. The pooler's own specs have poolers of their
 * own.
 *
 * @returns {{ transactions: number, databases: number, tests: number }}
 */
export function trafficOf() {
  const tests = passedThrough();
  try {
    return { ...JSON.parse(readFileSync(trafficFile, 'utf8')), tests };
  } catch {
    return { transactions: 0, databases: 0, tests };
  }
}

function passedThrough() {
  try {
    const { testResults } = JSON.parse(readFileSync(join(folder, `${poolerRun.name}.json`), 'utf8'));
    const files = testResults.filter(({ name }) => !name.endsWith('.pgbouncer-spec.ts'));
    return files.flatMap((file) => file.assertionResults).filter(({ status }) => status === 'passed').length;
  } catch {
    return 0;
  }
}
