import { setTimeout as pause } from 'node:timers/promises';
import { until } from '../../../src/kernel/testing/until.js';
import { ClerkLoad } from '../clerk-load.js';
import { DraftLoad } from '../draft-load.js';
import { violationsOfLedger } from '../ledger-check.js';
import { violationsAtRest } from '../ledger-rest.js';
import { Ledger } from '../ledger.js';
import { withoutLost } from '../ledger-went-back.js';
import type { ClientLoad, LoadOptions } from '../client-load.js';
import { OrderLoad } from '../load.js';
import { openShop, type Shop } from '../load-shop.js';
import { Seeded } from '../seed.js';
import { readOrders } from '../shop-client.js';
import { Fleet, orElse, type Sabotage } from './fleet.js';
import { RECOVERY_MS, unexpectedFailures, violationsOfFleet, type Window } from './fleet-check.js';
import { readFleetFacts, settledWithin } from './fleet-facts.js';
import { inject } from './inject.js';
import { described, isSoundUntilHealed, needsQuiet, type Fault, type PlannedCycle } from './plan.js';
import type { Injected, Scene } from './scene.js';

/** Clients at once. */
const CLIENTS = { orderers: 4, drafters: 2, clerks: 1 };
/** Asks another replica when one is silent for so long. */
const PATIENCE_MS = 3_000;
/** How long a server may take in calm: what a busy machine makes of an answer of milliseconds is no silence. */
export const CALM_PATIENCE_MS = 10_000;
/** Orders that are placed while nothing is broken. */
const CALM_ORDERS = 40;
/** All backlogs of so small a load are worked off in this. */
const SETTLE_MS = 45_000;

interface RigOptions {
  readonly settleMs?: number;
  /** Workers that lose their leases forget what they have read: longer than a failover takes, for what must be seen of it. */
  readonly leaseMs?: number;
  readonly orderers?: number;
  readonly drafters?: number;
  readonly clerks?: number;
}

export interface CycleVerdict {
  readonly cycle: number;
  readonly fault: string;
  readonly detail: string;
  /** Empty: everything holds. */
  readonly violations: readonly string[];
  /** Acknowledged orders so far on this database. */
  readonly acknowledged: number;
  /** From the end of the load until everything was read. */
  readonly settleMs: number;
  /** From the first order of the cycle to its verdict. */
  readonly totalMs: number;
  /** Resident memory in MiB by process, at the end. */
  readonly memory: Readonly<Record<string, number>>;
}

/** A fleet under load, to be broken once per cycle: one fault, heal, settle, check. */
export class FaultRig {
  readonly #ledger = new Ledger();
  /** The first one is the start: processes that have just come up answer slowly. */
  readonly #windows: Window[] = [{ from: 0, to: performance.now() }];

  private constructor(
    readonly fleet: Fleet,
    readonly shop: Shop,
    private readonly options: Required<Omit<RigOptions, 'leaseMs'>>,
  ) {}

  static async start(sabotage?: Sabotage, options: RigOptions = {}): Promise<FaultRig> {
    const fleet = await Fleet.start(sabotage, options.leaseMs);
    const shop = await orElse(
      () => openShop(fleet.apis[0]!.url),
      () => fleet.close(),
    );
    return new FaultRig(fleet, shop, { settleMs: SETTLE_MS, ...CLIENTS, ...options });
  }

  get #scene(): Scene {
    return { fleet: this.fleet, ledger: this.#ledger, shop: this.shop };
  }

  async stop(): Promise<void> {
    await this.fleet.close();
    this.#ledger.discard();
  }

  async run(planned: PlannedCycle): Promise<CycleVerdict> {
    const startedAt = performance.now();
    const { injected, shown } = await this.#breakOnce(planned, new Seeded(planned.cycle));
    const returnsLate = !planned.returnsFirst && injected.gone !== undefined;
    const settled = await this.#settle(returnsLate ? () => this.#return(injected) : undefined);
    await injected.afterSettled?.();
    return {
      cycle: planned.cycle,
      fault: described(planned.fault),
      detail: injected.detail,
      ...settled,
      violations: [...shown, ...settled.violations],
      totalMs: performance.now() - startedAt,
    };
  }

  /** Load, the fault, and its end; resolves when the load has ended. */
  async #breakOnce(planned: PlannedCycle, seed: Seeded): Promise<{ injected: Injected; shown: readonly string[] }> {
    const { fault, cycle } = planned;
    let loads = this.#load(`c${cycle}-`, seed);
    await this.#more(planned.before, 'before the fault');
    if (needsQuiet(fault)) await stop(loads);
    const from = performance.now();
    const injected = await inject(this.#scene, fault, seed);
    if (needsQuiet(fault)) loads = this.#load(`c${cycle}q-`, seed);
    await this.#meanwhile(planned);
    const stopping = planned.loadsThroughHeal ? undefined : stop(loads);
    const shown = (await injected.heal?.()) ?? [];
    if (injected.gone !== undefined && planned.returnsFirst) await this.#return(injected);
    const to = performance.now();
    if (stopping === undefined) await this.#more(planned.before, 'after the fault');
    await (stopping ?? stop(loads));
    this.#windows.push({ from, to });
    return { injected, shown };
  }

  /** Load when the time that a fault excuses is over: from then on everybody is answered, and not by 5xx (I16).
   *  @param unsaid for controls: a fault that the rig isn't told of */
  async calm(cycle: number, unsaid?: Fault): Promise<CycleVerdict> {
    const since = (this.#windows.at(-1)?.to ?? 0) + RECOVERY_MS;
    await pause(since - performance.now());
    const injected = unsaid && (await inject(this.#scene, unsaid, new Seeded(cycle)));
    const startedAt = performance.now();
    const loads = this.#load(`calm${cycle}-`, new Seeded(cycle), CALM_PATIENCE_MS);
    await Promise.all([this.#more(CALM_ORDERS, 'in calm'), injected?.heal?.()]);
    await stop(loads);
    const settled = await this.#settle();
    const totalMs = performance.now() - startedAt;
    return { cycle, fault: 'none', detail: `calm since ${RECOVERY_MS} ms`, ...settled, totalMs };
  }

  async #settle(then?: () => Promise<void>): Promise<Omit<CycleVerdict, 'cycle' | 'fault' | 'detail' | 'totalMs'>> {
    const from = Date.now();
    const unsettled = await settledWithin(this.fleet.ownerUrl, this.options.settleMs);
    const settleMs = Date.now() - from;
    await then?.();
    return {
      violations: [
        ...(unsettled === undefined ? [] : [`G14: not settled after ${this.options.settleMs} ms: ${unsettled}`]),
        ...(await this.#violations()),
      ],
      acknowledged: this.#ledger.acknowledged,
      settleMs,
      memory: Object.fromEntries(this.fleet.members.map(({ name, memory }) => [name, Math.round(memory / 2 ** 20)])),
    };
  }

  #load(prefix: string, seed: Seeded, patienceMs = PATIENCE_MS): readonly ClientLoad[] {
    const common: Omit<LoadOptions, 'connections'> = {
      urls: this.fleet.apis.map(({ url }) => url),
      ...this.shop,
      ledger: this.#ledger,
      seed,
      prefix,
      patienceMs,
      readBack: 0.3,
    };
    const { orderers, drafters, clerks } = this.options;
    return [
      OrderLoad.start({ ...common, connections: orderers }),
      DraftLoad.start({ ...common, connections: drafters }),
      ClerkLoad.start({ ...common, connections: clerks }),
    ];
  }

  /** While one replica is broken the other one answers; while the server is, nobody does. */
  async #meanwhile({ fault, during, duringMs }: PlannedCycle): Promise<void> {
    if (duringMs !== undefined) await pause(duringMs);
    else if ('target' in fault || isSoundUntilHealed(fault)) await this.#more(during, `during ${described(fault)}`);
    else await pause(during);
  }

  async #more(count: number, when: string): Promise<void> {
    let isThere = false;
    void this.#ledger.more(count).then(() => (isThere = true));
    await until(`${count} more orders are acknowledged ${when}`, () => isThere, 60_000);
  }

  async #return({ gone }: Injected): Promise<void> {
    await until(`${gone!.name} has ended`, () => !gone!.isRunning);
    await gone!.start();
  }

  async #violations(): Promise<string[]> {
    const facts = await readFleetFacts(this.fleet.ownerUrl);
    const entries = this.#ledger.read();
    return [
      ...violationsOfLedger(withoutLost(entries), facts),
      ...violationsAtRest(facts),
      ...violationsOfFleet(entries, facts),
      ...this.#unexpectedEnds(),
      ...unexpectedFailures(entries, this.#windows),
      ...(await this.#staleAtRest()),
    ];
  }

  /** At rest, each server shows everything to the token of the other one. */
  async #staleAtRest(): Promise<string[]> {
    const [first, second] = this.fleet.apis.filter(({ isRunning }) => isRunning);
    if (first === undefined || second === undefined) return [];
    const pairs = [
      [first, second],
      [second, first],
    ] as const;
    const found: string[] = [];
    for (const [one, other] of pairs) {
      const { token } = await readOrders(one.url, this.shop);
      const { status, consistency } = await readOrders(other.url, this.shop, token);
      if (status !== 200 || consistency !== null) found.push(`G9: at rest ${other.name} says ${status} ${consistency}`);
    }
    return found;
  }

  /** I16: only those processes have ended that were made to. */
  #unexpectedEnds(): string[] {
    const ended = this.fleet.members.filter(({ isRunning }) => !isRunning);
    return ended.map(({ name, output }) => `I16: ${name} has ended by itself:\n${output.slice(-2_000)}`);
  }
}

async function stop(loads: readonly ClientLoad[]): Promise<void> {
  await Promise.all(loads.map((load) => load.stop()));
}
