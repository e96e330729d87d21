import { given, givenOf } from '#kernel/testing';
import { Cleared, Counted, Counter } from '../../../test/support/toys.js';

const counted = new Counted('a', 999);

describe('given a history, when something is decided', () => {
  it('the events of the decision are compared, and nothing of the history', () => {
    given(new Counter('a'), counted)
      .when((counter) => counter.count(1))
      .thenEvents(new Counted('a', 1));
    given(new Counter('a'))
      .when((counter) => [counter.count(1), counter.clear()])
      .thenEvents(new Counted('a', 1), new Cleared('a'));
  });

  it('a refusal is compared by code and facts', () => {
    given(new Counter('a'), counted)
      .when((counter) => counter.count(2))
      .thenRefused('toy.limit-reached', { limit: 1_000 });
  });

  it('nothing may come of it', () => {
    const givenCounter = givenOf(() => new Counter('a'));
    givenCounter(counted)
      .when((counter) => counter.total)
      .thenNothing();
  });
});

describe('a wrong expectation', () => {
  const counts = () => given(new Counter('a')).when((counter) => counter.count(1));
  const refuses = () => given(new Counter('a')).when((counter) => counter.count(5_000));
  class Lookalike {
    constructor(readonly counterId: string) {}
  }
  const clears = () => given(new Counter('a')).when((counter) => counter.clear());
  const idles = () => given(new Counter('a')).when(() => undefined);

  it.each<[string, () => void]>([
    ['other events', () => counts().thenEvents(new Counted('a', 2))],
    ['more events', () => counts().thenEvents(new Counted('a', 1), new Counted('a', 1))],
    ['no events', () => counts().thenNothing()],
    ['a refusal where there is none', () => counts().thenRefused('toy.limit-reached')],
    ['another refusal', () => refuses().thenRefused('toy.other')],
    ['other facts', () => refuses().thenRefused('toy.limit-reached', { limit: 1 })],
    ['events of a refusal', () => refuses().thenEvents(new Counted('a', 5_000))],
    ['nothing of a refusal', () => refuses().thenNothing()],
    ['events of nothing', () => idles().thenEvents(counted)],
    ['an event of another class', () => clears().thenEvents(new Lookalike('a'))],
  ])('fails: %s', (_, expectation) => {
    expect(expectation).toThrow('expect(');
  });

  it('is no promise: there is nothing to await without asserting', () => {
    expect(counts()).not.toHaveProperty('then');
    expect(given(new Counter('a'))).not.toHaveProperty('then');
  });

  it('a fault is thrown as it is', () => {
    const faulty = (): unknown =>
      given(new Counter('a')).when(() => {
        throw new TypeError('a fault');
      });
    expect(faulty).toThrow(TypeError);
  });
});
