/** A protocol as states and the steps between them. States are plain data; steps return new ones. */
export interface Model<State> {
  readonly initial: State;
  /** Everything that may happen next, by name. */
  steps(state: State): Iterable<readonly [name: string, next: State]>;
  /** What is wrong in a state; undefined if nothing is. */
  problemIn(state: State): string | undefined;
}

export interface Searched {
  /** How many different states were visited. */
  readonly states: number;
  /** The shortest way to a state in which something is wrong. */
  readonly problem: { readonly text: string; readonly steps: readonly string[] } | undefined;
}

/** Visits every state that can be reached, nearest first. @throws Error with more than so many states: bound the model. */
export function search<State>(model: Model<State>, most = 1_000_000): Searched {
  const seen = new Set([JSON.stringify(model.initial)]);
  let level: readonly { state: State; steps: readonly string[] }[] = [{ state: model.initial, steps: [] }];
  while (level.length > 0) {
    const next: { state: State; steps: readonly string[] }[] = [];
    for (const { state, steps } of level) {
      const text = model.problemIn(state);
      if (text !== undefined) return { states: seen.size, problem: { text, steps } };
      for (const [name, after] of model.steps(state)) {
        const key = JSON.stringify(after);
        if (seen.has(key)) continue;
        seen.add(key);
        next.push({ state: after, steps: [...steps, name] });
      }
    }
    if (seen.size > most) throw new Error(`More than ${most} states: bound the model.`);
    level = next;
  }
  return { states: seen.size, problem: undefined };
}
