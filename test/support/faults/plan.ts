import { Seeded } from '../seed.js';
import type { Fault as LineFault } from '../tcp-proxy.js';
import { LEASE_MS } from './fleet.js';

const API_FAILPOINTS = [
  'cmd.before-tx',
  'cmd.before-commit',
  'cmd.after-append',
  'cmd.after-commit-before-reply',
] as const;
const WORKER_FAILPOINTS = [
  'sub.after-fetch',
  'sub.before-commit',
  'sub.after-handler',
  'sub.after-commit',
  'cmd.after-append',
  'seq.before-call',
  'seq.after-call',
  'lease.before-renew',
  'lease.after-acquire',
  'effect.after-claim',
  'effect.after-call-before-record',
] as const;
/** Where a worker that stands still holds something that another one wants. */
const ZOMBIE_FAILPOINTS = WORKER_FAILPOINTS.slice(0, 9);
const THROWN = ['40001', '57014', '08006', 'error'] as const;
const LINE_FAULTS: readonly LineFault[] = ['silence', 'reset', 'cut'];
/** Statements whose answer is swallowed: a unit of work's, a view's, a checkpoint's. */
const STATEMENTS = { api: ['kernel_commit'], worker: ['kernel_commit', 'view_apply', 'COMMIT'] } as const;

/** What commands, positions, checkpoints and leases need. */
const TABLES = [
  'kernel.streams',
  'kernel.log_state',
  'kernel.checkpoints',
  'kernel.leases',
  'kernel.idempotency',
] as const;

/** One fault, to the last number. The seed fixes the plan, not what the processes do meanwhile. */
export type Fault =
  | { readonly kind: 'kill'; readonly target: string }
  | { readonly kind: 'end'; readonly target: string }
  | { readonly kind: 'kill-at'; readonly target: string; readonly failpoint: string; readonly nth: number }
  | {
      readonly kind: 'zombie';
      readonly target: string;
      readonly failpoint: string;
      readonly nth: number;
      readonly ms: number;
    }
  | {
      readonly kind: 'throw';
      readonly target: string;
      readonly failpoint: string;
      readonly code: string;
      readonly nth: number;
    }
  | { readonly kind: 'delay'; readonly target: string; readonly failpoint: string; readonly ms: number }
  | { readonly kind: 'pause'; readonly target: string; readonly ms: number }
  | { readonly kind: 'kill-backend' }
  | { readonly kind: 'kill-server' }
  | { readonly kind: 'pause-server'; readonly ms: number }
  | { readonly kind: 'failover' }
  | { readonly kind: 'restore' }
  | { readonly kind: 'repartition'; readonly factor: 0.5 | 2 }
  | { readonly kind: 'roll-out' }
  | { readonly kind: 'clock'; readonly target: string; readonly ms: number; readonly ends: 'step' | 'restart' }
  | { readonly kind: 'server-clock'; readonly target: string }
  | { readonly kind: 'lock'; readonly table: string; readonly ms: number }
  | { readonly kind: 'cancel'; readonly ms: number }
  | { readonly kind: 'slow-event'; readonly ms: number }
  | { readonly kind: 'cut'; readonly target: string }
  | { readonly kind: 'black-hole'; readonly target: string; readonly ms: number; readonly ends: 'cut' | 'resume' }
  | { readonly kind: 'swallow'; readonly target: string; readonly statement: string; readonly how: LineFault };

/** Nothing is broken until these end: clients are answered meanwhile, and it matters what comes after. */
const SOUND_UNTIL_HEALED: readonly Fault['kind'][] = ['failover', 'restore', 'repartition', 'roll-out', 'slow-event'];

export function isSoundUntilHealed({ kind }: Fault): boolean {
  return SOUND_UNTIL_HEALED.includes(kind);
}

/** Shows only in a log that stood still before. */
export function needsQuiet({ kind }: Fault): boolean {
  return kind === 'repartition';
}

export interface PlannedCycle {
  readonly cycle: number;
  readonly fault: Fault;
  /** Acknowledgements before the fault, and between the fault and its end where others can go on. */
  readonly before: number;
  readonly during: number;
  /** Goes on for so long instead, in ms. */
  readonly duringMs?: number;
  /** Whether new orders come until after the heal, or end before it: then nothing wakes what has slept through them. */
  readonly loadsThroughHeal: boolean;
  /** Whether what was killed comes back before the rest has settled, or after: then the others must take over. */
  readonly returnsFirst: boolean;
}

const KINDS: readonly ((seed: Seeded) => Fault)[] = [
  (seed) => ({ kind: 'kill', target: api(seed) }),
  (seed) => ({ kind: 'kill', target: worker(seed) }),
  (seed) => ({ kind: 'end', target: seed.oneOf([api, worker])(seed) }),
  (seed) => ({ kind: 'kill-at', target: api(seed), failpoint: seed.oneOf(API_FAILPOINTS), nth: seed.between(1, 20) }),
  (seed) => ({
    kind: 'kill-at',
    target: worker(seed),
    failpoint: seed.oneOf(WORKER_FAILPOINTS),
    nth: seed.between(1, 12),
  }),
  (seed) => ({
    kind: 'zombie',
    target: worker(seed),
    failpoint: seed.oneOf(ZOMBIE_FAILPOINTS),
    nth: seed.between(1, 8),
    ms: pastLease(seed),
  }),
  (seed) => ({
    kind: 'throw',
    target: worker(seed),
    failpoint: seed.oneOf(['sub.after-fetch', 'sub.before-commit', 'sub.after-handler', 'seq.after-call'] as const),
    code: seed.oneOf(THROWN),
    nth: seed.between(1, 20),
  }),
  // Has its event's id, and commits long after those behind it.
  (seed) => ({ kind: 'delay', target: api(seed), failpoint: 'cmd.after-append', ms: seed.between(50, 1_500) }),
  (seed) => ({ kind: 'pause', target: worker(seed), ms: pastLease(seed) }),
  (seed) => ({ kind: 'pause', target: api(seed), ms: seed.between(300, 4_000) }),
  () => ({ kind: 'kill-backend' }),
  () => ({ kind: 'kill-server' }),
  (seed) => ({ kind: 'pause-server', ms: seed.between(300, 5_000) }),
  () => ({ kind: 'failover' }),
  () => ({ kind: 'restore' }),
  (seed) => ({ kind: 'repartition', factor: seed.oneOf([0.5, 2]) }),
  () => ({ kind: 'roll-out' }),
  (seed) => ({ kind: 'clock', target: api(seed), ms: anHour(seed), ends: seed.oneOf(['step', 'restart']) }),
  (seed) => ({ kind: 'clock', target: worker(seed), ms: anHour(seed), ends: seed.oneOf(['step', 'restart']) }),
  (seed) => ({ kind: 'server-clock', target: worker(seed) }),
  (seed) => ({ kind: 'lock', table: seed.oneOf(TABLES), ms: seed.between(1_000, 5_000) }),
  (seed) => ({ kind: 'cancel', ms: seed.between(1_000, 4_000) }),
  (seed) => ({ kind: 'slow-event', ms: seed.between(12_000, 16_000) }),
  (seed) => ({ kind: 'cut', target: seed.oneOf([api, worker])(seed) }),
  (seed) => ({
    kind: 'black-hole',
    target: api(seed),
    ms: seed.between(500, 5_000),
    ends: seed.oneOf(['cut', 'resume']),
  }),
  (seed) => ({ kind: 'black-hole', target: worker(seed), ms: pastLease(seed), ends: seed.oneOf(['cut', 'resume']) }),
  (seed) => ({
    kind: 'swallow',
    target: api(seed),
    statement: seed.oneOf(STATEMENTS.api),
    how: seed.oneOf(LINE_FAULTS),
  }),
  (seed) => ({
    kind: 'swallow',
    target: worker(seed),
    statement: seed.oneOf(STATEMENTS.worker),
    how: seed.oneOf(LINE_FAULTS),
  }),
];

/** Every kind of fault, by name. */
export const FAULT_KINDS = [...new Set(KINDS.map((plan) => plan(new Seeded(1)).kind))];

/** So many cycles in a row have each kind of fault once. */
export const CYCLES_PER_ROUND = KINDS.length;

/** @param kind of fault @returns cycles of a seed with that kind alone, each with another plan */
export function plannedOf(kind: string, seed: number, cycle: number): PlannedCycle {
  const own = new Seeded(mixed(seed, cycle, 3));
  const faults = KINDS.map((plan) => plan(own)).filter((fault) => fault.kind === kind);
  if (faults.length === 0) throw new Error(`There is no fault ${kind}. There are: ${FAULT_KINDS.join(', ')}.`);
  return plannedFor(own.oneOf(faults), cycle, own);
}

/** The cycle of a seed: a pure function, so that a run can go on where it ended, and one cycle be repeated alone. */
export function plannedCycle(seed: number, cycle: number): PlannedCycle {
  const round = Math.floor(cycle / CYCLES_PER_ROUND);
  const order = shuffled(KINDS, new Seeded(mixed(seed, round, 1)));
  const own = new Seeded(mixed(seed, cycle, 2));
  return plannedFor(order[cycle % CYCLES_PER_ROUND]!(own), cycle, own);
}

/** A cycle with a given fault; for controls and for looking at one thing alone. */
export function plannedFor(fault: Fault, cycle: number, seed: Seeded): PlannedCycle {
  return {
    cycle,
    fault,
    before: seed.between(5, 30),
    during: seed.between(5, 30),
    loadsThroughHeal: seed.chance(0.5) || isSoundUntilHealed(fault),
    // What was set back may only show in who takes over.
    returnsFirst: seed.chance(0.5) && fault.kind !== 'server-clock',
  };
}

export function described(fault: Fault): string {
  const { kind, ...rest } = fault;
  return [
    kind,
    ...Object.entries(rest).map(([name, value]) => (name === 'target' ? String(value) : `${name}=${value}`)),
  ].join(' ');
}

function api(seed: Seeded): string {
  return seed.oneOf(['api-1', 'api-2']);
}

function worker(seed: Seeded): string {
  return seed.oneOf(['worker-1', 'worker-2']);
}

function anHour(seed: Seeded): number {
  return seed.oneOf([-1, 1]) * 3_600_000;
}

function pastLease(seed: Seeded): number {
  return LEASE_MS + seed.between(500, 2_000);
}

function shuffled<T>(items: readonly T[], seed: Seeded): T[] {
  const left = [...items];
  return Array.from(items, () => left.splice(seed.between(0, left.length - 1), 1)[0]!);
}

function mixed(seed: number, index: number, salt: number): number {
  return (
    (Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(index + 1, 0xc2b2ae35) ^ Math.imul(salt, 0x27d4eb2f)) >>> 0
  );
}
