import { spawn } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** How a run of specs ended. */
export type SpecResult =
  | { readonly outcome: 'passed' }
  /** `by`: the title of the first test that failed. `cause`: how. */
  | { readonly outcome: 'failed'; readonly by: string; readonly cause: string }
  /** A spec could not be loaded, or the run ended without a result. `cause`: what it printed. */
  | { readonly outcome: 'broken' | 'timed out'; readonly cause: string };

export interface SpecRun {
  /** The tree whose specs run, against its own sources. */
  readonly folder: string;
  /** Spec files, from the root of the tree. */
  readonly specs: readonly string[];
  /** A running server for specs that need PostgreSQL. */
  readonly databaseUrl: string | undefined;
  readonly atMostMs: number;
}

/** What jest writes with `--json`, as far as it is read here. */
interface JestReport {
  readonly numRuntimeErrorTestSuites: number;
  readonly numPassedTests: number;
  readonly testResults: readonly {
    readonly message: string;
    readonly assertionResults: readonly {
      readonly status: string;
      readonly fullName: string;
      readonly failureMessages: readonly string[];
    }[];
  }[];
}

const NODE_OPTIONS = '--experimental-vm-modules --disable-warning=ExperimentalWarning';
const SHOWN_CHARACTERS = 2_000;

/** Runs spec files one after the other until a test has failed. */
export async function runUntilFailure(run: SpecRun): Promise<SpecResult> {
  const endAt = Date.now() + run.atMostMs;
  for (const spec of run.specs) {
    const result = await runSpecs({ ...run, specs: [spec], atMostMs: endAt - Date.now() });
    if (result.outcome !== 'passed') return result;
  }
  return { outcome: 'passed' };
}

/** Runs spec files by jest, as scripts/test.mjs does. */
export async function runSpecs(run: SpecRun): Promise<SpecResult> {
  const report = join(run.folder, 'spec-results.json');
  rmSync(report, { force: true });
  const { output, timedOut } = await jest(run, report);
  const cause = output.slice(-SHOWN_CHARACTERS);
  if (timedOut) return { outcome: 'timed out', cause };
  if (!existsSync(report)) return { outcome: 'broken', cause };
  return resultOf(JSON.parse(readFileSync(report, 'utf8')) as JestReport);
}

function resultOf(report: JestReport): SpecResult {
  const tests = report.testResults.flatMap(({ assertionResults }) => assertionResults);
  const failed = tests.find(({ status }) => status === 'failed');
  if (failed !== undefined) {
    const cause = failed.failureMessages.join('\n').slice(0, SHOWN_CHARACTERS);
    return { outcome: 'failed', by: failed.fullName, cause };
  }
  if (report.numRuntimeErrorTestSuites > 0 || report.numPassedTests === 0) {
    const cause = report.testResults.map(({ message }) => message).join('\n');
    return { outcome: 'broken', cause: cause.slice(0, SHOWN_CHARACTERS) };
  }
  return { outcome: 'passed' };
}

function jest(
  { folder, specs, databaseUrl, atMostMs }: SpecRun,
  report: string,
): Promise<{ output: string; timedOut: boolean }> {
  const environment = join(folder, 'test/mutants/first-failure-environment.mjs');
  const projects = [...new Set(specs.map(classOf))];
  const child = spawn(
    process.execPath,
    [
      ...NODE_OPTIONS.split(' '),
      'node_modules/jest/bin/jest.js',
      '--selectProjects',
      ...projects,
      '--maxWorkers=2',
      '--json',
      `--outputFile=${report}`,
      `--testEnvironment=${environment}`,
      '--runTestsByPath',
      ...specs,
    ],
    {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'pipe'],
      env: {
        ...process.env,
        NODE_OPTIONS,
        ...(databaseUrl === undefined ? {} : { WAYBILL_TEST_DATABASE_URL: databaseUrl }),
      },
    },
  );
  let output = '';
  let timedOut = false;
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output += text));
  const limit = setTimeout(() => {
    timedOut = true;
    child.kill('SIGKILL');
  }, atMostMs);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', () => {
      clearTimeout(limit);
      resolve({ output, timedOut });
    });
  });
}

/** The jest project of a spec file, by its suffix. */
export function classOf(spec: string): 'pure' | 'db' | 'e2e' | 'durability' {
  if (spec.endsWith('.db.spec.ts')) return 'db';
  if (spec.endsWith('.e2e-spec.ts')) return 'e2e';
  return spec.endsWith('.durability-spec.ts') ? 'durability' : 'pure';
}
