// node scripts/tally.mjs <exit code of check> <exit code of test> <exit code of test:pgbouncer>
// Adds up what the last runs left in .cache/tests. A gate that failed is one more failure.
import { countsOf, poolerRun, testClasses } from './test-results.mjs';

const [check, tests, pooled] = process.argv.slice(2).map(Number);
const counts = [...testClasses, poolerRun.name].map(countsOf);
const passed = counts.reduce((sum, count) => sum + count.passed, 0);
let failed = counts.reduce((sum, count) => sum + count.failed, 0);
if (check !== 0) failed += 1;
if ((tests !== 0 || pooled !== 0) && failed === 0) failed = 1;
if (passed === 0 && failed === 0) failed = 1;
if (check !== 0) console.log('npm run check failed; its output is above.');
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
