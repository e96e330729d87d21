import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './build-if-stale.mjs';

/** The speed classes, fastest first. The suffix of a spec's file says which it belongs to. */
export const testClasses = ['pure', 'db', 'e2e', 'durability'];

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
