import { expectNone, productionFiles, read } from './source-tree.js';

/** Where a date is compared with a date that somebody else gave; a duration never is. */
const DATES: Readonly<Record<string, string>> = {
  'src/platform/database/examine.ts': 'compares the clock of this machine with the one of the database',
  'src/platform/operations/metrics/database-metrics.ts': 'compares the end of a lease with now',
  'src/cli/operations/subscriptions.ts': 'compares the end of a lease with now',
  'src/platform/testing/template.ts': 'compares the date in a comment of a database with now',
};

describe('the wall clock', () => {
  it('measures no duration: it may be set back by an hour', () => {
    const allowed = new Set(Object.keys(DATES));
    const found = productionFiles().filter((path) => !allowed.has(path) && /\bDate\.now\(\)/.test(read(path)));
    expectNone(
      found,
      'Measure durations by performance.now(); take dates from Clock. A comparison of dates is listed here.',
    );
  });

  it('is read where this list says so', () => {
    const unused = Object.keys(DATES).filter((path) => !read(path).includes('Date.now()'));
    expectNone(unused, 'Take the file out of the list.');
  });
});
