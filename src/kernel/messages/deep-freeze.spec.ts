import { deepFreeze } from './deep-freeze.js';

describe('a deep-frozen value', () => {
  const frozen = deepFreeze({
    by: 1,
    lines: [{ sku: 'TEE' }, { sku: 'CAP' }],
    none: null,
    at: { deep: { deeper: 'x' } },
  });

  it.each<[string, () => unknown]>([
    ['a property', () => Object.assign(frozen, { by: 100 })],
    ['a new property', () => Object.assign(frozen, { more: 1 })],
    ['an order of a list', () => frozen.lines.splice(0, 1)],
    ['an element of a list', () => Object.assign(frozen.lines[0]!, { sku: 'CAP' })],
    ['an inner object', () => Object.assign(frozen.at.deep, { deeper: 'y' })],
  ])('refuses a change of %s', (_, change) => {
    expect(change).toThrow(TypeError);
  });

  it('is the value that was given', () => {
    const value = { a: [1] };
    expect(deepFreeze(value)).toBe(value);
    expect(deepFreeze(null)).toBeNull();
  });
});
