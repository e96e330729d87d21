import { notationOf, type Choice } from './choice.js';
import type { Decide } from './schedule.js';

/** How far an exploration goes. Everything is within one schedule. */
export interface Bounds {
  /** Switches away from an actor that could go on; Infinity for every order. */
  readonly preemptions: number;
  readonly crashes: number;
  readonly lostAnswers: number;
  /** Of all three together, where every combination would take hours; default: no limit. */
  readonly together?: number;
}

type Used = Omit<Bounds, 'together'>;

/** The same choices led to other options than before: the actors do something that the schedule doesn't decide. */
export class NotRepeatable extends Error {}

interface Level {
  readonly options: readonly Choice[];
  index: number;
}

/** Every schedule within the bounds, depth first. Ask `next()`, run one schedule with `decide`, and so on. */
export class Exploration {
  readonly #levels: Level[] = [];
  #depth = 0;
  #hasBegun = false;
  #used: Used = NOTHING_USED;

  constructor(private readonly bounds: Bounds) {}

  /** Goes on to a schedule that has not been run. @returns false when there is none. */
  next(): boolean {
    this.#depth = 0;
    this.#used = NOTHING_USED;
    if (!this.#hasBegun) return (this.#hasBegun = true);
    for (let last = this.#levels.at(-1); last !== undefined; last = this.#levels.at(-1)) {
      last.index += 1;
      if (last.index < last.options.length) return true;
      this.#levels.pop();
    }
    return false;
  }

  readonly decide: Decide = (options, previous) => {
    const allowed = options.filter((option) => isWithin(this.bounds, this.#after(option, { options, previous })));
    const level = this.#levels[this.#depth] ?? { options: allowed, index: 0 };
    if (listOf(level.options) !== listOf(allowed)) {
      throw new NotRepeatable(`Options were ${listOf(level.options)} and are ${listOf(allowed)} now.`);
    }
    this.#levels[this.#depth] = level;
    this.#depth += 1;
    const choice = level.options[level.index]!;
    this.#used = this.#after(choice, { options, previous });
    return choice;
  };

  #after(choice: Choice, at: { options: readonly Choice[]; previous: Choice | undefined }): Used {
    const { preemptions, crashes, lostAnswers } = this.#used;
    return {
      preemptions: preemptions + Number(isPreemption(choice, at)),
      crashes: crashes + Number(choice.kind === 'crash'),
      lostAnswers: lostAnswers + Number(choice.kind === 'lose'),
    };
  }
}

const NOTHING_USED: Used = { preemptions: 0, crashes: 0, lostAnswers: 0 };

function isWithin({ together = Infinity, ...bounds }: Bounds, { preemptions, crashes, lostAnswers }: Used): boolean {
  return (
    preemptions <= bounds.preemptions &&
    crashes <= bounds.crashes &&
    lostAnswers <= bounds.lostAnswers &&
    preemptions + crashes + lostAnswers <= together
  );
}

/** Does another actor go on although the previous one could? A crash takes no turn from anybody. */
function isPreemption(
  { kind, actor }: Choice,
  { options, previous }: { options: readonly Choice[]; previous: Choice | undefined },
): boolean {
  if (previous === undefined || kind === 'crash' || actor === previous.actor) return false;
  return options.some((option) => option.kind === 'run' && option.actor === previous.actor);
}

function listOf(options: readonly Choice[]): string {
  return options.map(notationOf).join(' ');
}
