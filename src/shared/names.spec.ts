import { isOrderNumber, isQuantity, isSku, orderNumber } from './index.js';

describe('names and counts', () => {
  it.each(['TEE-BLK-M', 'a', 'NW_1.2', 'x'.repeat(64)])('takes %s for a SKU', (text) => {
    expect(isSku(text)).toBe(true);
  });

  it.each(['', 'x'.repeat(65), 'a b', 'é', 'a\u200B', 'a\n', 5, null])('takes %j for none', (value) => {
    expect(isSku(value)).toBe(false);
  });

  it('numbers orders for people', () => {
    expect(orderNumber(1001)).toBe('SO-1001');
    expect(isOrderNumber('SO-1001')).toBe(true);
    for (const text of ['so-1001', 'SO-', 'SO-01', 'SO-1001\n', `SO-${'9'.repeat(17)}`]) {
      expect(isOrderNumber(text)).toBe(false);
    }
  });

  it('counts whole units only', () => {
    expect([1, 100_000].every((value) => isQuantity(value))).toBe(true);
    expect([0, -0, -1, 1.5, '5', 2 ** 53, null].some((value) => isQuantity(value))).toBe(false);
  });
});
