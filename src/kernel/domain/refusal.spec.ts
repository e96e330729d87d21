import { isRefusal, NotFound, Refusal, StoredRefusal, VersionMismatch } from './index.js';

class TooHeavy extends Refusal {
  override readonly code = 'toy.too-heavy';

  constructor(
    readonly grams: number,
    readonly limit: number,
  ) {
    super(`${grams} g are more than the ${limit} g that a parcel holds. Send two.`);
  }
}

describe('a refusal', () => {
  it('has a code, a sentence, and its own fields as facts', () => {
    const refusal = new TooHeavy(5_000, 2_000);
    expect(refusal.code).toBe('toy.too-heavy');
    expect(refusal.message).toContain('Send two.');
    expect(refusal.facts()).toEqual({ grams: 5_000, limit: 2_000 });
  });

  it('is the same when it was stored and raised again', () => {
    const first = new TooHeavy(5_000, 2_000);
    const stored = JSON.parse(JSON.stringify({ code: first.code, message: first.message, facts: first.facts() })) as {
      code: string;
      message: string;
      facts: Record<string, unknown>;
    };
    const again = new StoredRefusal(stored.code, stored.message, stored.facts);
    expect(again).toMatchObject({ code: first.code, message: first.message });
    expect(again.facts()).toEqual(first.facts());
  });

  it.each([
    new TooHeavy(1, 0),
    new NotFound('There is none.'),
    new VersionMismatch(3),
    new StoredRefusal('a.b', 'c', {}),
  ])('is told from a fault by its shape: %p', (refusal) => {
    expect(isRefusal(refusal)).toBe(true);
  });

  it.each([new Error('a fault'), Object.assign(new Error('a database error'), { code: '40001' }), 'text', undefined])(
    'is not: %p',
    (fault) => {
      expect(isRefusal(fault)).toBe(false);
    },
  );

  it('of another version says which one is current', () => {
    expect(new VersionMismatch(3).facts()).toEqual({ currentVersion: 3 });
  });
});
