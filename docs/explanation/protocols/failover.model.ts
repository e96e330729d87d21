import type { Model } from './search.js';

/** What the primary holds, and what a standby has received of it. Events are numbers, each given once. */
interface Database {
  readonly log: readonly number[];
  readonly checkpoint: number;
  /** Events whose effect is stored, in order. */
  readonly effects: readonly number[];
}

interface State {
  readonly primary: Database;
  readonly standby: Database;
  readonly nextEvent: number;
  readonly failovers: number;
  /** The log as each process has read it. Processes live on when the database fails over. */
  readonly memories: readonly (readonly number[])[];
}

/** The protections, which the test takes out one at a time. */
export interface FailoverRules {
  /** The commit of an effect compares the event with the one that the log holds at the position. */
  readonly verifiesEvent: boolean;
  /** A process that finds another event at the end of what it has read reads the log anew. */
  readonly checksContinuity: boolean;
}

const EVENTS = 4;
const FAILOVERS = 2;
const PROCESSES = [0, 1];
const EMPTY: Database = { log: [], checkpoint: 0, effects: [] };

/**
 * A log that loses its end: a standby that is behind becomes the primary while processes run. What they have in memory may
 * be events that exist nowhere any more, and their positions are given again.
 */
export function failover(rules: FailoverRules): Model<State> {
  return {
    initial: { primary: EMPTY, standby: EMPTY, nextEvent: 1, failovers: 0, memories: PROCESSES.map(() => []) },
    *steps(state) {
      const { primary, standby, nextEvent, failovers } = state;
      if (nextEvent <= EVENTS) {
        const log = [...primary.log, nextEvent];
        yield [`event ${nextEvent} is committed`, { ...state, primary: { ...primary, log }, nextEvent: nextEvent + 1 }];
      }
      yield ['the standby catches up', { ...state, standby: primary }];
      if (failovers < FAILOVERS)
        yield ['the standby takes over', { ...state, primary: standby, failovers: failovers + 1 }];
      for (const process of PROCESSES) {
        yield [`process ${process} reads the log`, reads(rules, state, process)];
        const after = handles(rules, state, process);
        if (after !== undefined) yield [`process ${process} handles the next event`, after];
      }
    },
    problemIn: (state) => wrongEffects(state.primary) ?? standstill(rules, state),
  };
}

function reads({ checksContinuity }: FailoverRules, state: State, process: number): State {
  const { log } = state.primary;
  const known = state.memories[process]!;
  const isContinuous = known.length === 0 || log[known.length - 1] === known.at(-1);
  const memory = checksContinuity && !isContinuous ? log : [...known, ...log.slice(known.length)];
  return { ...state, memories: state.memories.with(process, memory) };
}

/** Undefined where there is nothing to do, or where the commit is refused. */
function handles({ verifiesEvent }: FailoverRules, state: State, process: number): State | undefined {
  const { log, checkpoint, effects } = state.primary;
  const event = state.memories[process]![checkpoint];
  if (event === undefined || (verifiesEvent && log[checkpoint] !== event)) return undefined;
  return { ...state, primary: { log, checkpoint: checkpoint + 1, effects: [...effects, event] } };
}

function wrongEffects({ log, effects }: Database): string | undefined {
  const wrong = effects.findIndex((event, index) => log[index] !== event);
  return wrong === -1 ? undefined : `position ${wrong + 1} holds ${log[wrong]}, and ${effects[wrong]} took effect`;
}

/** Events that no process handles, however often it reads. */
function standstill(rules: FailoverRules, state: State): string | undefined {
  if (state.primary.checkpoint >= state.primary.log.length) return undefined;
  const afterReading = PROCESSES.reduce((current, process) => reads(rules, current, process), state);
  if (PROCESSES.some((process) => handles(rules, afterReading, process) !== undefined)) return undefined;
  return 'events are left that no process can handle';
}
