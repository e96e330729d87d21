import type { ClientBase } from 'pg';
import { NotRepeatable, Exploration, type Bounds } from './exploration.js';
import { choicesIn, notationOf } from './choice.js';
import { LockWatch } from './lock-watch.js';
import type { PausedPools } from './paused-pool.js';
import { plantInFunction, plantInStatements, type PlantedFault } from './planted-fault.js';
import { Schedule, type ActorWork, type Decide, type ScheduleEnd } from './schedule.js';

/** Some actors of a protocol, what they start from, and what must hold whatever the order. */
export interface Scenario {
  /** What holds, as a sentence. */
  readonly title: string;
  /** Puts the rows involved back; as the owner, before each schedule. */
  reset(owner: ClientBase): Promise<unknown>;
  /** New actors for each schedule. */
  actors(): readonly ActorWork[];
  /** @returns what is wrong after a schedule; empty if the invariant holds. */
  violations(owner: ClientBase, end: ScheduleEnd): Promise<readonly string[]>;
  /** Statements whose answers may be lost. */
  readonly mayLose?: RegExp;
  /** Statements outside a transaction whose commit takes long: others run between the two. */
  readonly slowCommits?: RegExp;
  /** How far `npm run interleave` goes. */
  readonly whole: Bounds;
  /** How far `npm test` goes. */
  readonly short: Bounds;
}

/** A schedule after which the invariant didn't hold. */
export interface Violation {
  readonly end: ScheduleEnd;
  readonly problems: readonly string[];
  /** How many schedules had been run, this one included. */
  readonly schedules: number;
}

export interface Explored {
  readonly schedules: number;
  readonly violation: Violation | undefined;
}

/** Runs scenarios on one database. */
export class Explorer {
  constructor(
    private readonly owner: ClientBase,
    private readonly paused: PausedPools,
  ) {}

  /** Every schedule within the bounds, up to the first that breaks the invariant. */
  async explore(scenario: Scenario, bounds: Bounds): Promise<Explored> {
    const exploration = new Exploration(bounds);
    let schedules = 0;
    while (exploration.next()) {
      schedules += 1;
      const violation = await this.#run(scenario, exploration.decide);
      if (violation !== undefined) return { schedules, violation: { ...violation, schedules } };
    }
    return { schedules, violation: undefined };
  }

  /** One schedule, given by its notation; where that ends, each actor goes on alone. */
  async repeat(scenario: Scenario, notation: string): Promise<Violation> {
    const given = choicesIn(notation);
    const decide: Decide = (options) => {
      const next = given.shift();
      if (next === undefined) return options[0]!;
      const found = options.find((option) => notationOf(option) === notationOf(next));
      if (found === undefined)
        throw new NotRepeatable(`${notationOf(next)} can't come next, but ${options.map(notationOf).join(' ')}.`);
      return found;
    };
    const { end, problems } = await this.#scheduled(scenario, decide);
    return { end, problems, schedules: 1 };
  }

  /** A schedule that shows a planted fault: the one that is known to, or the first one with as few switches as needed. */
  async find(scenario: Scenario, fault: PlantedFault, shownBy?: string): Promise<Explored> {
    return this.#planted(fault, async () => {
      const shown = shownBy === undefined ? undefined : await this.#shown(scenario, shownBy);
      if (shown !== undefined) return { schedules: 1, violation: shown };
      let schedules = 0;
      for (let preemptions = 0; preemptions <= scenario.whole.preemptions; preemptions += 1) {
        const found = await this.explore(scenario, { ...scenario.whole, preemptions });
        schedules += found.schedules;
        if (found.violation !== undefined) return { schedules, violation: { ...found.violation, schedules } };
        if (found.schedules > MOST_SCHEDULES) break;
      }
      return { schedules, violation: undefined };
    });
  }

  /** @returns undefined where the code has changed so far that the schedule doesn't show it. */
  async #shown(scenario: Scenario, notation: string): Promise<Violation | undefined> {
    try {
      const shown = await this.repeat(scenario, notation);
      return shown.problems.length > 0 ? shown : undefined;
    } catch (error) {
      if (error instanceof NotRepeatable) return undefined;
      throw error;
    }
  }

  repeatWith(scenario: Scenario, fault: PlantedFault, notation: string): Promise<Violation> {
    return this.#planted(fault, () => this.repeat(scenario, notation));
  }

  async #planted<T>(fault: PlantedFault, work: () => Promise<T>): Promise<T> {
    if ('statement' in fault) {
      const { rewrite, assertUsed } = plantInStatements(fault);
      this.paused.rewrite = rewrite;
      const result = await work().finally(() => (this.paused.rewrite = (text) => text));
      assertUsed();
      return result;
    }
    const mend = await plantInFunction(this.owner, fault);
    try {
      return await work();
    } finally {
      await mend();
    }
  }

  async #run(scenario: Scenario, decide: Decide): Promise<Omit<Violation, 'schedules'> | undefined> {
    const { end, problems } = await this.#scheduled(scenario, decide);
    return problems.length === 0 ? undefined : { end, problems };
  }

  async #scheduled(scenario: Scenario, decide: Decide): Promise<Omit<Violation, 'schedules'>> {
    await scenario.reset(this.owner);
    this.paused.slowCommits = scenario.slowCommits;
    const mayLose = (text: string): boolean => scenario.mayLose?.test(text) ?? false;
    const end = await new Schedule(scenario.actors(), new LockWatch(this.owner), mayLose).run(decide);
    return { end, problems: [...end.problems, ...(await scenario.violations(this.owner, end))] };
  }
}

/** With more orders than this, one more switch doesn't end in time. */
const MOST_SCHEDULES = 5_000;
