import { isRefusal, type Aggregate } from '#kernel/domain';

interface Outcome {
  /** The decision recorded exactly these events. */
  thenEvents(...expected: readonly object[]): void;
  /** The decision was refused with this code, and recorded nothing. */
  thenRefused(code: string, facts?: object): void;
  /** The decision found the wish already true. */
  thenNothing(): void;
}

/** What an aggregate decides after a history: `given(order, …events).when((order) => order.place(…)).thenEvents(…)`. */
export function given<A extends Aggregate>(aggregate: A, ...history: readonly object[]) {
  aggregate.replay(history);
  return { when: (decide: (aggregate: A) => unknown): Outcome => outcomeOf(aggregate, () => decide(aggregate)) };
}

function outcomeOf(aggregate: Aggregate, decide: () => unknown): Outcome {
  const refusal = refusalOf(decide);
  return {
    thenEvents: (...expected) => {
      expect(refusal).toBeUndefined();
      expect(aggregate.recorded).toEqual(expected);
    },
    thenRefused: (code, facts = {}) => {
      expect(refusal).toMatchObject({ code, ...facts });
      expect(aggregate.recorded).toEqual([]);
    },
    thenNothing: () => {
      expect(refusal).toBeUndefined();
      expect(aggregate.recorded).toEqual([]);
    },
  };
}

function refusalOf(decide: () => unknown): unknown {
  try {
    decide();
    return undefined;
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return error;
  }
}
