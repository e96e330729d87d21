import { errorText } from './error-text.js';

describe('the text of an error', () => {
  it.each<[string, unknown, string]>([
    ['an error’s message', new Error('No.'), 'No.'],
    ['whatever else was thrown', 42, '42'],
    ['nothing that PostgreSQL refuses', new Error('a\0b \ud83d 😀'), 'a\uFFFDb \uFFFD 😀'],
    ['no half character at its cut', new Error(`${'x'.repeat(1_999)}😀`), `${'x'.repeat(1_999)}\uFFFD`],
    ['2,000 characters at most', new Error('y'.repeat(3_000)), 'y'.repeat(2_000)],
  ])('has %s', (_, error, text) => {
    expect(errorText(error)).toBe(text);
  });
});
