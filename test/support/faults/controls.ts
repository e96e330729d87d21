import { Seeded } from '../seed.js';
import { FaultRig } from './fault-rig.js';
import type { Sabotage } from './fleet.js';
import { plannedFor, type Fault } from './plan.js';

/** A protection that is taken out of the program, the fault that it was for, and the violation that must be found. */
export interface Control {
  readonly without: Sabotage;
  readonly faults: (seed: Seeded) => Fault;
  readonly caught: RegExp;
  readonly clients?: { readonly orderers?: number; readonly drafters?: number; readonly clerks?: number };
  readonly duringMs?: number;
  /** Default: as short as in other cycles. */
  readonly leaseMs?: number;
  readonly loadsThroughHeal?: boolean;
}

const MOST_CYCLES = 5;
const worker = (seed: Seeded): string => seed.oneOf(['worker-1', 'worker-2']);
const commitsLate = (): Fault => ({ kind: 'delay', target: 'api-1', failpoint: 'cmd.after-append', ms: 400 });

/** Cheap enough for each run of the tests. */
export const CONTROLS: readonly Control[] = [
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
  {
    without: 'old-layout',
    faults: (seed) => ({ kind: 'repartition', factor: seed.oneOf([0.5, 2]) }),
    caught: /^I8/,
    leaseMs: 15_000,
    loadsThroughHeal: true,
  },
];

/** For each fault that puts the database or the fleet into another state. */
const LONG_CONTROLS: readonly Control[] = [
  {
    without: 'trusts-its-memory',
    faults: () => ({ kind: 'failover' }),
    caught: /^I8|^I10|^each event that customers/,
    leaseMs: 15_000,
    loadsThroughHeal: true,
  },
  {
    without: 'trusts-its-memory',
    faults: () => ({ kind: 'restore' }),
    caught: /^I8|^I10|^each event that customers/,
    leaseMs: 15_000,
    loadsThroughHeal: true,
  },
  {
    without: 'mixes-releases',
    faults: () => ({ kind: 'roll-out' }),
    caught: /^I10: each row is folded by one release/,
    loadsThroughHeal: true,
  },
  {
    without: 'wall-clock',
    faults: (seed) => ({ kind: 'clock', target: worker(seed), ms: -3_600_000, ends: 'step' }),
    caught: /^G14: not settled/,
  },
  {
    without: 'believes-future-times',
    faults: (seed) => ({ kind: 'server-clock', target: worker(seed) }),
    caught: /^G14: not settled/,
  },
  {
    without: 'insists-on-slow-events',
    faults: () => ({ kind: 'slow-event', ms: 13_000 }),
    caught: /^G12: \d+ events of other orders wait/,
  },
  {
    without: 'acknowledges-before-commit',
    faults: () => ({ kind: 'cancel', ms: 3_000 }),
    caught: /^G1: what was acknowledged exists.*there is no order/,
    clients: { drafters: 0, clerks: 0 },
    loadsThroughHeal: true,
  },
  {
    without: 'acknowledges-before-commit',
    faults: () => ({ kind: 'lock', table: 'kernel.streams', ms: 4_000 }),
    caught: /^G1: what was acknowledged exists.*there is no order/,
    clients: { drafters: 0, clerks: 0 },
    loadsThroughHeal: true,
  },
];

/** Those that take longer run in `npm run chaos -- --controls`. */
export const ALL_CONTROLS: readonly Control[] = [...CONTROLS, ...LONG_CONTROLS];

/** Runs a sabotaged fleet through its fault until the violation is found, at most five times. */
export async function runControl(
  control: Control,
  seed: number,
): Promise<{ isCaught: boolean; found: readonly string[]; fault: string; cycles: number }> {
  const { without, faults, caught, clients, duringMs, leaseMs, loadsThroughHeal = false } = control;
  const rig = await FaultRig.start(without, { settleMs: 8_000, ...(leaseMs && { leaseMs }), ...clients });
  const found: string[] = [];
  const isCaught = (): boolean => found.some((text) => caught.test(text));
  let fault = '';
  let cycle = 0;
  try {
    for (; cycle < MOST_CYCLES && !isCaught(); cycle += 1) {
      const own = new Seeded(seed + cycle);
      const planned = { ...plannedFor(faults(own), cycle, own), during: 8, ...(duringMs && { duringMs }) };
      fault = planned.fault.kind;
      found.push(...(await rig.run({ ...planned, loadsThroughHeal })).violations);
    }
  } finally {
    await rig.stop();
  }
  return { isCaught: isCaught(), found, fault, cycles: cycle };
}
