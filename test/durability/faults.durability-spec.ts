import { FaultRig } from '../support/faults/fault-rig.js';
import { CYCLES_PER_ROUND, described, plannedCycle } from '../support/faults/plan.js';
import { chaos, chaosRounds } from '../support/seed.js';

/** A third of the kinds of fault, others with each seed. All of them: CHAOS_ROUNDS=3, or `npm run chaos`. */
const CYCLES = Math.ceil(CYCLES_PER_ROUND / 3) * chaosRounds();
/** Limits on what hangs: a cycle takes some 7 s on a machine that has nothing else to do. */
const CYCLE_MS = 120_000;
const START_MS = 120_000;

describe('a fleet of two servers and two workers, broken again and again while clients order', () => {
  it(
    'loses nothing, does nothing twice, and goes on by itself',
    async () => {
      const { seed } = chaos('A fleet broken');
      const rig = await FaultRig.start();
      try {
        for (let cycle = 0; cycle < CYCLES; cycle += 1) {
          const planned = plannedCycle(seed, cycle);
          const { violations, detail, acknowledged, settleMs } = await rig.run(planned);
          const fault = `${cycle}: ${described(planned.fault)} (${detail})`;
          process.stderr.write(`${fault}; ${acknowledged} acknowledged, settled in ${settleMs} ms\n`);
          expect({ fault, violations }).toEqual({ fault, violations: [] });
        }
        expect((await rig.calm(CYCLES)).violations).toEqual([]);
      } finally {
        await rig.stop();
      }
    },
    START_MS + (CYCLES + 1) * CYCLE_MS,
  );
});
