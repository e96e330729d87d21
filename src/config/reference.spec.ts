import { readFileSync } from 'node:fs';
import { configurationPage, environmentExample } from './reference.js';

const root = new URL('../../', import.meta.url);

describe('the reference of the configuration', () => {
  it.each([
    ['.env.example', environmentExample],
    ['docs/reference/configuration.md', configurationPage],
  ])('%s says what the schema says (else run: npm run docs)', (file, generated) => {
    expect(readFileSync(new URL(file, root), 'utf8')).toBe(generated());
  });
});
