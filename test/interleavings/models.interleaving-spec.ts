import { failover } from '../../docs/explanation/protocols/failover.model.js';
import { search } from '../../docs/explanation/protocols/search.js';
import { twoReleases } from '../../docs/explanation/protocols/two-releases.model.js';

describe('the model of a log under failover', () => {
  const rules = { verifiesEvent: true, checksContinuity: true };

  it('lets no lost event take effect and leaves no event behind', () => {
    const { states, problem } = search(failover(rules));
    expect(problem).toBeUndefined();
    expect(states).toBeGreaterThan(1_000);
  });

  it('finds a lost event that takes effect when commits do not verify their event', () => {
    expect(search(failover({ ...rules, verifiesEvent: false })).problem?.text).toMatch(/took effect/);
  });

  it('finds a standstill when processes keep what they have read', () => {
    expect(search(failover({ ...rules, checksContinuity: false })).problem?.text).toMatch(/no process can handle/);
  });
});

describe('the model of two releases side by side', () => {
  const rules = { readsVersionUnderLock: true, raisesFence: true, checksInlineVersion: true };

  it('keeps every row of a view at the version that the view has', () => {
    const { states, problem } = search(twoReleases(rules));
    expect(problem).toBeUndefined();
    expect(states).toBeGreaterThan(100);
  });

  it.each(['readsVersionUnderLock', 'raisesFence', 'checksInlineVersion'] as const)(
    'finds mixed rows without the rule %s',
    (rule) => {
      expect(search(twoReleases({ ...rules, [rule]: false })).problem?.text).toMatch(/has other rows/);
    },
  );
});
