import { setTimeout as pause } from 'node:timers/promises';
import { until } from '../../../src/kernel/testing/until.js';
import { ClerkLoad } from '../clerk-load.js';
import { DraftLoad } from '../draft-load.js';
import { violationsOfLedger } from '../ledger-check.js';
import { violationsAtRest } from '../ledger-rest.js';
import { Ledger } from '../ledger.js';
import type { ClientLoad, LoadOptions } from '../client-load.js';
import { OrderLoad } from '../load.js';
import { openShop, type Shop } from '../load-shop.js';
import { Seeded } from '../seed.js';
import { Fleet, orElse, type Sabotage } from './fleet.js';
import { RECOVERY_MS, unexpectedFailures, violationsOfFleet, type Window } from './fleet-check.js';
import { readFleetFacts, settledWithin } from './fleet-facts.js';
import { inject, type Injected } from './inject.js';
import { described, type Fault, type PlannedCycle } from './plan.js';

/** Clients at once. */
const CLIENTS = { orderers: 4, drafters: 2, clerks: 1 };
/** Asks another replica when one is silent for so long. */
const PATIENCE_MS = 3_000;
/** Orders that are placed while nothing is broken. */
const CALM_ORDERS = 40;
/** All backlogs of so small a load are worked off in this. */
const SETTLE_MS = 45_000;

interface RigOptions {
  readonly settleMs?: number;
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
  /** Resident memory in MiB by process, at the end. */
  readonly memory: Readonly<Record<string, number>>;
}

/** A fleet under load, to be broken once per cycle: one fault, heal, settle, check. */
export class FaultRig {
  readonly #ledger = new Ledger();
  #lives = 4;
  readonly #windows: Window[] = [];

  private constructor(
    private readonly fleet: Fleet,
    private readonly shop: Shop,
    private readonly options: Required<RigOptions>,
  ) {}

  static async start(sabotage?: Sabotage, options: RigOptions = {}): Promise<FaultRig> {
    const fleet = await Fleet.start(sabotage);
    const shop = await orElse(
      () => openShop(fleet.apis[0]!.url),
      () => fleet.close(),
    );
    return new FaultRig(fleet, shop, { settleMs: SETTLE_MS, ...CLIENTS, ...options });
  }

  async stop(): Promise<void> {
    await this.fleet.close();
    this.#ledger.discard();
  }

  async run(planned: PlannedCycle): Promise<CycleVerdict> {
    const seed = new Seeded(planned.cycle);
    const loads = this.#load(`c${planned.cycle}-`, seed);
    await this.#more(planned.before, 'before the fault');
    const brokenAt = performance.now();
    const injected = await inject(this.fleet, planned.fault, seed);
    await this.#meanwhile(planned);
    const stopping = planned.loadsThroughHeal ? undefined : stop(loads);
    await injected.heal?.();
    if (injected.gone !== undefined && planned.returnsFirst) await this.#return(injected);
    const healedAt = performance.now();
    if (stopping === undefined) await this.#more(planned.before, 'after the fault');
    await (stopping ?? stop(loads));
    this.#windows.push({ from: brokenAt, to: healedAt });
    const returnLate = !planned.returnsFirst && injected.gone !== undefined;
    const settled = await this.#settle(returnLate ? () => this.#return(injected) : undefined);
    return { cycle: planned.cycle, fault: described(planned.fault), detail: injected.detail, ...settled };
  }

  /** Load when the time that a fault excuses is over: from then on everybody is answered, and not by 5xx (I16).
   *  @param unsaid for controls: a fault that the rig isn't told of */
  async calm(cycle: number, unsaid?: Fault): Promise<CycleVerdict> {
    const since = (this.#windows.at(-1)?.to ?? 0) + RECOVERY_MS;
    await pause(since - performance.now());
    const injected = unsaid && (await inject(this.fleet, unsaid, new Seeded(cycle)));
    const loads = this.#load(`calm${cycle}-`, new Seeded(cycle));
    await this.#more(CALM_ORDERS, 'in calm');
    await injected?.heal?.();
    await stop(loads);
    return { cycle, fault: 'none', detail: `calm since ${RECOVERY_MS} ms`, ...(await this.#settle()) };
  }

  async #settle(then?: () => Promise<void>): Promise<Omit<CycleVerdict, 'cycle' | 'fault' | 'detail'>> {
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

  #load(prefix: string, seed: Seeded): readonly ClientLoad[] {
    const common: Omit<LoadOptions, 'connections'> = {
      urls: this.fleet.apis.map(({ url }) => url),
      ...this.shop,
      ledger: this.#ledger,
      seed,
      prefix,
      patienceMs: PATIENCE_MS,
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
    else if ('target' in fault) await this.#more(during, `during ${described(fault)}`);
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
    this.#lives += 1;
  }

  async #violations(): Promise<string[]> {
    const facts = await readFleetFacts(this.fleet.ownerUrl);
    const entries = this.#ledger.read();
    return [
      ...violationsOfLedger(entries, facts),
      ...violationsAtRest(facts),
      ...violationsOfFleet(entries, facts),
      ...this.#unexpectedEnds(),
      ...unexpectedFailures(entries, this.#windows),
    ];
  }

  /** I16: only those processes have ended that were made to. */
  #unexpectedEnds(): string[] {
    const lives = this.fleet.members.reduce((sum, member) => sum + member.lives, 0);
    const ended = this.fleet.members.filter(({ isRunning }) => !isRunning);
    return [
      ...ended.map(({ name, output }) => `I16: ${name} has ended by itself:\n${output.slice(-2_000)}`),
      ...(lives === this.#lives ? [] : [`I16: ${lives} starts, ${this.#lives} were ours`]),
    ];
  }
}

async function stop(loads: readonly ClientLoad[]): Promise<void> {
  await Promise.all(loads.map((load) => load.stop()));
}
