// npm run chaos -- --cycles 200 --seed 7 [--sabotage unfenced]     see docs/how-to/break-it-on-purpose.md
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { FaultRig, type CycleVerdict } from './fault-rig.js';
import type { Sabotage } from './fleet.js';
import { plannedCycle } from './plan.js';

/** A fresh database after so many cycles: every check reads all of it. */
const CYCLES_PER_DATABASE = 20;

const { values } = parseArgs({
  options: {
    cycles: { type: 'string', default: '20' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    from: { type: 'string' },
    sabotage: { type: 'string' },
    file: { type: 'string' },
  },
});
const seed = Number(values.seed);
const cycles = Number(values.cycles);
const file = values.file ?? `.cache/chaos/seed-${seed}${values.sabotage ? `-${values.sabotage}` : ''}.jsonl`;

function say(text: string): void {
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

async function main(): Promise<void> {
  mkdirSync(dirname(file), { recursive: true });
  const earlier = done();
  const first = values.from === undefined ? (earlier.at(-1)?.cycle ?? -1) + 1 : Number(values.from);
  const end = values.from === undefined ? cycles : first + cycles;
  say(`seed ${seed}, cycles ${first} to ${end - 1}, verdicts in ${file}`);
  let violated = earlier.filter(({ violations }) => violations.length > 0).length;
  let acknowledged = 0;
  for (let cycle = first; cycle < end;) {
    const rig = await FaultRig.start(values.sabotage as Sabotage | undefined);
    try {
      let inThis = 0;
      const noted = (verdict: CycleVerdict): void => {
        appendFileSync(file, `${JSON.stringify({ at: new Date().toISOString(), seed, ...verdict })}\n`);
        inThis = verdict.acknowledged;
        if (verdict.violations.length > 0) violated += 1;
        tell(verdict);
      };
      for (const last = Math.min(end, cycle + CYCLES_PER_DATABASE); cycle < last; cycle += 1) {
        noted(await rig.run(plannedCycle(seed, cycle)));
      }
      noted(await rig.calm(cycle - 1));
      acknowledged += inThis;
    } finally {
      await rig.stop();
    }
  }
  say(`${end} cycles, ${violated} with violations; ${acknowledged} acknowledgements in this run`);
  process.exitCode = violated > 0 ? 1 : 0;
}

function tell({ cycle, fault, detail, violations, acknowledged, settleMs }: CycleVerdict): void {
  const verdict = violations.length === 0 ? 'ok' : 'VIOLATED';
  say(
    `${String(cycle).padStart(4)} ${verdict.padEnd(8)} ${fault} (${detail}); ${acknowledged} acknowledged, settled in ${settleMs} ms`,
  );
  for (const violation of violations) say(`       ${violation}`);
}

await main();
