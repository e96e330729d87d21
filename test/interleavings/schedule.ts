import { setImmediate as turn } from 'node:timers/promises';
import type { QueryResult } from 'pg';
import { classify } from '../../src/kernel/database/errors.js';
import { Actor, type ActorEnd, type PausedStatement, type RunningStatement } from './actor.js';
import { notationOf, type Choice } from './choice.js';
import type { LockWatch } from './lock-watch.js';

/** A process of a protocol. It is started anew for every schedule. */
export interface ActorWork {
  readonly name: string;
  run(): Promise<unknown>;
}

/** Picks what happens next. */
export type Decide = (options: readonly Choice[], previous: Choice | undefined) => Choice;

export interface ScheduleEnd {
  readonly notation: string;
  /** One line for each thing that happened, in order. */
  readonly trace: readonly string[];
  /** In the order of the actors. */
  readonly ends: readonly ActorEnd[];
  /** What is wrong whatever the protocol is: transactions that nobody ended. */
  readonly problems: readonly string[];
}

/** An actor neither waits for the server nor ends: nothing tells the scheduler to go on. */
export class ScheduleStuck extends Error {}

const PATIENCE_MS = 10_000;
const TEXT_LENGTH = 240;

/** Runs the actors once, one statement at a time, in the order that `decide` gives. */
export class Schedule {
  readonly #actors: readonly Actor[];
  readonly #taken: Choice[] = [];
  readonly #trace: { text: string; outcome: string }[] = [];
  /** Server processes whose connection is broken: they end by themselves, maybe after their statement. */
  readonly #orphans = new Set<number>();
  #changes = 0;
  #onChange: (() => void) | undefined;

  constructor(
    private readonly works: readonly ActorWork[],
    private readonly locks: LockWatch,
    private readonly mayLose: (text: string) => boolean,
  ) {
    const changed = (): void => {
      this.#changes += 1;
      this.#onChange?.();
    };
    this.#actors = works.map((_, index) => new Actor(String.fromCodePoint(65 + index), changed));
  }

  async run(decide: Decide): Promise<ScheduleEnd> {
    for (const [index, actor] of this.#actors.entries()) actor.start(() => this.works[index]!.run());
    try {
      await this.#settled();
      for (let options = this.#options(); options.length > 0; options = this.#options()) {
        await this.#take(decide(options, this.#taken.at(-1)));
        await this.#settled();
      }
      return this.#ended();
    } finally {
      for (const actor of this.#actors) if (actor.end === undefined) actor.crash();
      await this.#settled();
    }
  }

  #ended(): ScheduleEnd {
    return {
      notation: this.#taken.map(notationOf).join(''),
      trace: this.#lines(),
      ends: this.#actors.map(({ end }) => end ?? { kind: 'threw', error: new Error('It waits for ever.') }),
      problems: this.#actors.flatMap(problemsOf),
    };
  }

  #lines(): string[] {
    return this.#trace.map(({ text, outcome }) => `${text}${outcome}`);
  }

  /** The actor that went last comes first: the first schedule switches only when it must. */
  #options(): Choice[] {
    const last = this.#taken.at(-1)?.actor;
    const ordered = this.#actors.toSorted((a, b) => Number(b.label === last) - Number(a.label === last));
    const choices = (kind: Choice['kind'], of: (actor: Actor) => readonly PausedStatement[]): Choice[] =>
      ordered.flatMap((actor) => of(actor).map((one) => choiceOf(kind, actor, one)));
    return [
      ...choices('run', ({ paused }) => paused),
      ...choices('lose', ({ paused }) => paused.filter(({ text }) => this.mayLose(text))),
      // Without a transaction nobody notices how long after its last statement an actor crashes.
      ...choices('crash', (actor) => (actor.isInTransaction || actor.label === last ? actor.paused.slice(0, 1) : [])),
    ];
  }

  async #take(choice: Choice): Promise<void> {
    this.#taken.push(choice);
    const actor = this.#actors.find(({ label }) => label === choice.actor)!;
    const name = this.works[this.#actors.indexOf(actor)]!.name;
    const entry = { text: `${notationOf(choice).padEnd(3)} ${name}: `, outcome: '' };
    this.#trace.push(entry);
    if (choice.kind === 'crash') {
      entry.text += 'crashes';
      actor.crash();
      return;
    }
    const [statement] = actor.paused.splice(choice.statement - 1, 1);
    entry.text += shortened(statement!.text);
    await this.#execute(actor, statement!, { entry, isLost: choice.kind === 'lose' });
  }

  async #execute(
    actor: Actor,
    statement: PausedStatement,
    { entry, isLost }: { entry: { outcome: string }; isLost: boolean },
  ): Promise<void> {
    const client = await actor.during(statement.client);
    const running: RunningStatement = { statement, client };
    actor.running.add(running);
    const before = isLost ? await this.locks.atRest(client.processID) : undefined;
    if (isLost) {
      actor.lost.add(client);
      client.connection.stream.pause();
    }
    const ended = (outcome: string, tell: () => void): void => {
      entry.outcome = `  → ${outcome}`;
      if (actor.end?.kind === 'crashed') return;
      actor.running.delete(running);
      tell();
      this.#changes += 1;
      this.#onChange?.();
    };
    const giveBack = (): void => {
      if (statement.isGivenBackAfterwards) actor.giveBack(client, false);
    };
    statement.execute(client).then(
      (result) =>
        ended(answered(result), () => {
          giveBack();
          statement.resolve(result);
        }),
      (error: unknown) =>
        ended(failed(error), () => {
          giveBack();
          statement.reject(error);
        }),
    );
    if (isLost) await this.#loseAnswer(running, before);
  }

  /** Breaks the connection once the statement has been executed, or waits for a lock: then it is executed later. */
  async #loseAnswer({ client }: RunningStatement, before: string | undefined): Promise<void> {
    for (const giveUpAt = performance.now() + PATIENCE_MS; performance.now() < giveUpAt;) {
      const now = await this.locks.atRest(client.processID);
      if (now !== undefined && now !== before) break;
      if (now === undefined && (await this.#allWait())) break;
    }
    this.#orphans.add(client.processID);
    client.connection.stream.destroy();
  }

  /** Resolves when every actor is paused, has ended or waits for a lock of one that is paused. */
  async #settled(): Promise<void> {
    const giveUpAt = performance.now() + PATIENCE_MS;
    for (;;) {
      const seen = await this.#quiet();
      if (performance.now() > giveUpAt) throw this.#stuck();
      if (this.#actors.some(({ isComputing }) => isComputing)) await this.#changed(seen, giveUpAt);
      else if (await this.#isAtRest(seen)) return;
    }
  }

  /** Looked at twice: while a statement works it may wait for another that works, for a moment. */
  async #isAtRest(seen: number): Promise<boolean> {
    for (const actor of this.#actors) for (const pid of actor.broken.splice(0)) this.#orphans.add(pid);
    if (this.#working().length === 0) return true;
    return (await this.#allWait()) && (await this.#allWait()) && this.#changes === seen;
  }

  async #allWait(): Promise<boolean> {
    const working = this.#working();
    const standing = this.#actors.flatMap(({ clients }) => [...clients].map(({ processID }) => processID));
    const look = await this.locks.look(working, new Set(standing.filter((pid) => !working.includes(pid))));
    for (const pid of look.gone) this.#orphans.delete(pid);
    return this.#working().every((pid) => look.waiting.has(pid));
  }

  #working(): number[] {
    const running = this.#actors.flatMap((actor) => [...actor.running].map(({ client }) => client.processID));
    return [...new Set([...running, ...this.#orphans])];
  }

  /** Lets everything go on that needs nothing from outside. */
  async #quiet(): Promise<number> {
    for (;;) {
      const seen = this.#changes;
      await turn();
      if (seen === this.#changes) return seen;
    }
  }

  async #changed(seen: number, giveUpAt: number): Promise<void> {
    if (this.#changes !== seen) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, Math.max(0, giveUpAt - performance.now()));
      this.#onChange = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#onChange = undefined;
  }

  #stuck(): ScheduleStuck {
    const states = this.#actors.map(
      ({ label, paused, running, busy, end }) =>
        `${label}: ${end?.kind ?? `${paused.length} paused, ${running.size} running, ${busy} busy`}`,
    );
    return new ScheduleStuck(`The schedule doesn't come to rest. ${states.join('; ')}\n${this.#lines().join('\n')}`);
  }
}

function problemsOf({ label, end, clients, leaks }: Actor): string[] {
  if (end === undefined) return [`${label} waits for ever`];
  return leaks > 0 || clients.size > 0 ? [`${label} left a connection or a transaction behind`] : [];
}

function choiceOf(kind: Choice['kind'], actor: Actor, statement: PausedStatement): Choice {
  return { kind, actor: actor.label, statement: actor.paused.indexOf(statement) + 1 };
}

function shortened(text: string): string {
  return text.length > TEXT_LENGTH ? `${text.slice(0, TEXT_LENGTH)}…` : text;
}

function answered({ rowCount }: QueryResult): string {
  return rowCount === null ? 'done' : `${rowCount} ${rowCount === 1 ? 'row' : 'rows'}`;
}

function failed(error: unknown): string {
  return `${classify(error).sqlState ?? classify(error).kind}: ${(error as Error).message}`;
}
