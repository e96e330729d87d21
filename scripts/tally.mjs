// node scripts/tally.mjs <exit code of check> <of test> <of test:pgbouncer> <of mutants>
// Adds up what the last runs left in .cache/tests. A gate that failed is one more failure.
import { countsOf, mutantRun, poolerRun, testClasses } from './test-results.mjs';

const [check, ...others] = process.argv.slice(2).map(Number);
const counts = [...testClasses, poolerRun.name, mutantRun].map(countsOf);
const passed = counts.reduce((sum, count) => sum + count.passed, 0);
let failed = counts.reduce((sum, count) => sum + count.failed, 0);
if (check !== 0) failed += 1;
if (others.some((code) => code !== 0) && failed === 0) failed = 1;
if (passed === 0 && failed === 0) failed = 1;
if (check !== 0) console.log('npm run check failed; its output is above.');
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
