import type { Verdict } from './mutant-runner.js';

const NAME_WIDTH = 46;
const OUTCOME_WIDTH = 10;

/** One line: the fault, what became of it, in how many seconds, and the test that noticed. */
export function rowOf({ fault, outcome, detail, seconds }: Verdict): string {
  const time = `${seconds.toFixed(1)} s`.padStart(8);
  const row = `${fault.name.padEnd(NAME_WIDTH)} ${outcome.padEnd(OUTCOME_WIDTH)} ${time}  ${detail}`;
  return outcome === 'killed' ? row : `${row}\n    breaks: ${fault.guarantee}\n    specs: ${fault.specs.join(' ')}`;
}

export function summaryOf(verdicts: readonly Verdict[]): string {
  const outcomes = ['killed', 'survived', 'invalid', 'undecided', 'not tried'] as const;
  const counts = outcomes.map((outcome) => [count(verdicts, outcome), outcome] as const);
  const shown = counts.filter(([number, outcome]) => number > 0 || outcome === 'killed' || outcome === 'survived');
  return shown.map(([number, outcome]) => `${number} ${outcome}`).join(', ');
}

/** The counts as scripts/tally.mjs reads those of a test class: a killed fault is a passed test. */
export function resultsForTally(verdicts: readonly Verdict[]): object {
  const [numPassedTests, numPendingTests] = [count(verdicts, 'killed'), count(verdicts, 'not tried')];
  const numFailedTests = verdicts.length - numPassedTests - numPendingTests;
  return {
    numPassedTests,
    numPendingTests,
    numTodoTests: 0,
    numFailedTests,
    numRuntimeErrorTestSuites: 0,
    numTotalTests: verdicts.length,
    success: numFailedTests === 0 && numPassedTests > 0,
  };
}

function count(verdicts: readonly Verdict[], outcome: Verdict['outcome']): number {
  return verdicts.filter((verdict) => verdict.outcome === outcome).length;
}
