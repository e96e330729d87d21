import { CYCLES_PER_ROUND, described, plannedCycle, plannedFor, type Fault } from '../support/faults/plan.js';
import { FaultRig } from '../support/faults/fault-rig.js';
import { chaos, chaosRounds, Seeded } from '../support/seed.js';
import type { Sabotage } from '../support/faults/fleet.js';

/** Half of the kinds of fault, others with each seed. All of them: CHAOS_ROUNDS=2, or `npm run chaos`. */
const CYCLES = Math.ceil(CYCLES_PER_ROUND / 2) * chaosRounds();
const CYCLE_MS = 60_000;
const START_MS = 90_000;

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

interface Control {
  readonly without: Sabotage;
  readonly faults: (seed: Seeded) => Fault;
  readonly caught: RegExp;
  readonly clients?: { readonly orderers?: number; readonly drafters?: number; readonly clerks?: number };
  readonly duringMs?: number;
}

const worker = (seed: Seeded): string => seed.oneOf(['worker-1', 'worker-2']);
const commitsLate = (): Fault => ({ kind: 'delay', target: 'api-1', failpoint: 'cmd.after-append', ms: 400 });
const CONTROLS: readonly Control[] = [
  {
    without: 'reader-by-id',
    faults: commitsLate,
    caught: /^I4: every event has one position/,
  },
  { without: 'forgets-gaps', faults: commitsLate, caught: /^I4: every event has one position/ },
  {
    without: 'acknowledges-before-commit',
    faults: () => ({ kind: 'kill', target: 'api-1' }),
    caught: /^G1: what was acknowledged exists.*there is no order/,
    clients: { drafters: 0, clerks: 0 },
  },
  {
    without: 'unfenced',
    faults: (seed) => ({
      kind: 'zombie',
      target: worker(seed),
      failpoint: 'sub.before-commit',
      nth: seed.between(1, 8),
      ms: 3_500,
    }),
    caught: /^I8: .* twice|^I10|^I13/,
  },
  // Few enough orders for the worker to fall asleep between them, until it hears again of new ones.
  {
    without: 'notified-only',
    faults: (seed) => ({ kind: 'cut', target: worker(seed) }),
    caught: /^G14: not settled/,
    clients: { orderers: 1, drafters: 0, clerks: 0 },
    duringMs: 1_300,
  },
  {
    without: 'checkpoint-apart',
    faults: (seed) => ({
      kind: 'kill-at',
      target: worker(seed),
      failpoint: 'sub.after-commit',
      nth: seed.between(1, 8),
    }),
    caught: /^I8: .* twice|^I10/,
  },
];
const MOST_CYCLES = 5;

describe('the rig (controls) catches', () => {
  it(
    'a server that is silent in calm',
    async () => {
      const rig = await FaultRig.start();
      try {
        const { violations } = await rig.calm(0, { kind: 'pause', target: 'api-1', ms: 5_000 });
        expect(violations).toContainEqual(expect.stringMatching(/^I16: 0 at/));
      } finally {
        await rig.stop();
      }
    },
    START_MS + CYCLE_MS,
  );

  it.each(CONTROLS)(
    '$without',
    async ({ without, faults, caught, clients, duringMs }) => {
      const { seed } = chaos(without);
      const rig = await FaultRig.start(without, { settleMs: 8_000, ...clients });
      try {
        const found: string[] = [];
        for (let cycle = 0; cycle < MOST_CYCLES && !found.some((text) => caught.test(text)); cycle += 1) {
          const own = new Seeded(seed + cycle);
          const planned = {
            ...plannedFor(faults(own), cycle, own),
            loadsThroughHeal: false,
            during: 8,
            ...(duringMs && { duringMs }),
          };
          found.push(...(await rig.run(planned)).violations);
        }
        expect(found).toContainEqual(expect.stringMatching(caught));
      } finally {
        await rig.stop();
      }
    },
    START_MS + MOST_CYCLES * CYCLE_MS,
  );
});
