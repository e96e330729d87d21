import { exactSum, withExactSums } from './exact-sum.js';

describe('a sum in a report', () => {
  it.each([
    ['0', 0],
    ['9007199254740991', 9_007_199_254_740_991],
    ['-9007199254740991', -9_007_199_254_740_991],
    ['9007199254740992', '9007199254740992'],
    ['9007199254740993', '9007199254740993'],
    ['27021597764222972000000', '27021597764222972000000'],
  ])('of %s is %p', (digits, shown) => {
    expect(exactSum(digits)).toBe(shown);
  });

  it('stands in its place in the row', () => {
    const row = { currency: 'EUR', units: '2', net: '9007199254740993' };
    expect(Object.entries(withExactSums(row, 'units', 'net'))).toEqual([
      ['currency', 'EUR'],
      ['units', 2],
      ['net', '9007199254740993'],
    ]);
  });
});
