// npm run bench                 all figures; takes about half an hour
// npm run bench -- --quick      a look whether it runs
// npm run bench -- --help
import { buildIfStale } from '../scripts/build-if-stale.mjs';
import { optionsOf, USAGE } from './options.mjs';
import { openScope } from './scope.mjs';

const scope = openScope();
let isInterrupted = false;
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void interrupt());
process.exitCode = await main();

async function main() {
  const options = asked();
  if (typeof options === 'number') return options;
  await buildIfStale();
  const { bench } = await import('./bench.mjs');
  try {
    await bench(scope, options);
    return 0;
  } catch (error) {
    if (!isInterrupted) console.error(error);
    return 1;
  } finally {
    await scope.end();
  }
}

/** Leaves nothing behind; what fails because of that is no news. */
async function interrupt() {
  isInterrupted = true;
  await scope.end();
  process.exit(130);
}

/** What to do, or the exit code of having said it. */
function asked() {
  try {
    const options = optionsOf(process.argv.slice(2));
    if (!options.help) return options;
    console.log(USAGE);
    return 0;
  } catch (error) {
    console.error(`${error.message}\n\n${USAGE}`);
    return 2;
  }
}
