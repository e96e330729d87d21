import { normalised } from './normalised.js';

const TWO_CHARACTERS = 'Cafe\u0301';
const ONE_CHARACTER = 'Caf\u00e9';

describe('a normalised value', () => {
  it('has one form for what looks the same', () => {
    expect(normalised(TWO_CHARACTERS)).toBe(ONE_CHARACTER);
    expect(normalised(ONE_CHARACTER)).toBe(ONE_CHARACTER);
  });

  it('is normalised through objects and lists', () => {
    expect(normalised({ name: TWO_CHARACTERS, address: { city: TWO_CHARACTERS }, tags: [TWO_CHARACTERS] })).toEqual({
      name: ONE_CHARACTER,
      address: { city: ONE_CHARACTER },
      tags: [ONE_CHARACTER],
    });
  });

  it('keeps what is no text, and what is left out', () => {
    expect(normalised({ amount: 1999, gone: null, left: undefined, is: false })).toEqual({
      amount: 1999,
      gone: null,
      left: undefined,
      is: false,
    });
  });
});
