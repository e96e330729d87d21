// npm run chaos -- --cycles 200 --seed 7 [--kind failover] [--sabotage unfenced | --controls]
// see docs/how-to/break-it-on-purpose.md
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { groups } from '../ledger-groups.js';
import { ALL_CONTROLS, runControl } from './controls.js';
import { FaultRig, type CycleVerdict } from './fault-rig.js';
import type { Sabotage } from './fleet.js';
import { plannedCycle, plannedOf } from './plan.js';

/** A fresh database after so many cycles: every check reads all of it. */
const CYCLES_PER_DATABASE = 20;

const { values } = parseArgs({
  options: {
    cycles: { type: 'string', default: '20' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    from: { type: 'string' },
    kind: { type: 'string' },
    sabotage: { type: 'string' },
    controls: { type: 'boolean', default: false },
    file: { type: 'string' },
  },
});
const seed = Number(values.seed);
const cycles = Number(values.cycles);
const suffix = [values.kind, values.sabotage].filter(Boolean).map((name) => `-${name}`);
const file = values.file ?? `.cache/chaos/seed-${seed}${suffix.join('')}.jsonl`;

function report(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** A run that was ended goes on behind what its file holds. */
function done(): CycleVerdict[] {
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as CycleVerdict);
}

async function breakAgainAndAgain(): Promise<void> {
  mkdirSync(dirname(file), { recursive: true });
  const verdicts = done();
  const first = values.from === undefined ? (verdicts.at(-1)?.cycle ?? -1) + 1 : Number(values.from);
  const end = values.from === undefined ? cycles : first + cycles;
  report(`seed ${seed}, cycles ${first} to ${end - 1}, verdicts in ${file}`);
  const noted = (verdict: CycleVerdict): void => {
    appendFileSync(file, `${JSON.stringify({ at: new Date().toISOString(), seed, ...verdict })}\n`);
    verdicts.push(verdict);
    tell(verdict);
  };
  for (let cycle = first; cycle < end; cycle += CYCLES_PER_DATABASE) {
    await onOneDatabase(cycle, Math.min(end, cycle + CYCLES_PER_DATABASE), noted);
  }
  summarise(verdicts);
}

async function onOneDatabase(first: number, end: number, noted: (verdict: CycleVerdict) => void): Promise<void> {
  const { kind, sabotage } = values;
  const rig = await FaultRig.start(sabotage as Sabotage | undefined);
  try {
    for (let cycle = first; cycle < end; cycle += 1)
      noted(await rig.run(kind === undefined ? plannedCycle(seed, cycle) : plannedOf(kind, seed, cycle)));
    noted(await rig.calm(end - 1));
  } finally {
    await rig.stop();
  }
}

function tell({ cycle, fault, detail, violations, acknowledged, settleMs, totalMs }: CycleVerdict): void {
  const verdict = violations.length === 0 ? 'ok' : 'VIOLATED';
  const times = `settled in ${settleMs} ms, ${Math.round(totalMs / 1_000)} s in all`;
  report(
    `${String(cycle).padStart(4)} ${verdict.padEnd(8)} ${fault} (${detail}); ${acknowledged} acknowledged, ${times}`,
  );
  for (const violation of violations) report(`       ${violation}`);
}

/** How often each kind of fault came, and what came of it. */
function summarise(verdicts: readonly CycleVerdict[]): void {
  const kinds = groups(verdicts, ({ fault }) => fault.split(' ')[0]!);
  report('');
  report('fault          cycles  violated  seconds each');
  for (const [kind, of] of [...kinds].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    const violated = of.filter(({ violations }) => violations.length > 0).length;
    const seconds = of.reduce((sum, { totalMs }) => sum + totalMs, 0) / of.length / 1_000;
    report(
      `${kind.padEnd(14)} ${String(of.length).padStart(6)} ${String(violated).padStart(9)} ${seconds.toFixed(0).padStart(13)}`,
    );
  }
  const faults = verdicts.filter(({ fault }) => fault !== 'none').length;
  const violated = verdicts.filter(({ violations }) => violations.length > 0).length;
  report(`${faults} cycles of ${kinds.size - (kinds.has('none') ? 1 : 0)} kinds of fault, ${violated} with violations`);
  process.exitCode = violated > 0 ? 1 : 0;
}

/** Takes one protection after the other out of the program; what isn't caught fails. */
async function runControls(): Promise<void> {
  const chosen = ALL_CONTROLS.filter(({ without }) => (values.sabotage ?? without) === without);
  let missed = 0;
  for (const control of chosen) {
    const from = performance.now();
    const { isCaught, found, fault, cycles: taken } = await runControl(control, seed);
    if (!isCaught) missed += 1;
    const seconds = Math.round((performance.now() - from) / 1_000);
    report(`${isCaught ? 'caught' : 'MISSED'} ${control.without} by ${fault} in ${taken} cycles, ${seconds} s`);
    for (const text of isCaught ? found.filter((line) => control.caught.test(line)).slice(0, 1) : found)
      report(`       ${text}`);
  }
  report(`${chosen.length} controls, ${missed} missed`);
  process.exitCode = missed > 0 ? 1 : 0;
}

await (values.controls ? runControls() : breakAgainAndAgain());
