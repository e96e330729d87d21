import { isRefusal, type Aggregate } from '../domain/index.js';

/** The last step. None of its methods is called `then`: awaiting the object would pass without asserting anything. */
interface Outcome {
  /** The decision recorded exactly these events. */
  thenEvents(...expected: readonly object[]): void;
  /** The decision was refused with this code and these facts, and recorded nothing. */
  thenRefused(code: string, facts?: object): void;
  /** The decision found the change already made: no event, no refusal. */
  thenNothing(): void;
}

interface Given<A extends Aggregate> {
  /** What is asked of the aggregate; `decide` may return whatever it likes. */
  when(decide: (aggregate: A) => unknown): Outcome;
}

/**
 * What an aggregate decides after a history; the same for aggregates that are kept as events and as rows.
 *
 * ```ts
 * given(new Order(orderId), started, lineAdded)
 *   .when((order) => order.place(placement))
 *   .thenEvents(placed);
 * ```
 *
 * @param aggregate as its class makes it, before its first event
 */
export function given<A extends Aggregate>(aggregate: A, ...history: readonly object[]): Given<A> {
  aggregate.replay(history);
  return { when: (decide) => outcomeOf(aggregate, () => decide(aggregate)) };
}

/** The same for many histories of one kind of aggregate: `const given = givenOf(() => new Order(orderId))`. */
export function givenOf<A extends Aggregate>(create: () => A): (...history: readonly object[]) => Given<A> {
  return (...history) => given(create(), ...history);
}

/** Decides now, so that a fault (anything but a refusal) is thrown where it happens. */
function outcomeOf(aggregate: Aggregate, decide: () => unknown): Outcome {
  const before = aggregate.recorded.length;
  const refusal = refusalOf(decide);
  const recorded = aggregate.recorded.slice(before);
  return {
    // Strictly: events of two classes may have the same fields.
    thenEvents: (...expected) =>
      expect({ refusal, recorded }).toStrictEqual({ refusal: undefined, recorded: expected }),
    thenRefused: (code, facts = {}) => {
      expect(refusal).toMatchObject({ code, ...facts });
      expect(recorded).toEqual([]);
    },
    thenNothing: () => expect({ refusal, recorded }).toEqual({ refusal: undefined, recorded: [] }),
  };
}

function refusalOf(decide: () => unknown): unknown {
  try {
    decide();
    return undefined;
  } catch (error) {
    if (isRefusal(error)) return error;
    throw error;
  }
}
