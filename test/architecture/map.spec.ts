import { exists, expectNone, read } from './source-tree.js';

/** The answers that the README must give. */
const LEAST_ANSWERS = 20;
/** A row of the README's list: | looking for | `symbol` | [file](path) | */
const ROW = /^\| (.+?) +\| `([^`]+)` +\| \[[^\]]+\]\(([^)]+)\) +\|$/gm;

const answers = [...read('README.md').matchAll(ROW)].map(([, question, symbol, file]) => ({
  question: question!,
  symbol: symbol!,
  file: file!,
}));

/** Whether a file is the place where a name is defined, not one of those where it is used. */
function defines(text: string, symbol: string): boolean {
  const name = symbol.replaceAll(/[.$]/g, String.raw`\$&`);
  const forms = [
    String.raw`^(?:export )?(?:abstract )?(?:async )?(?:class|function|interface|type|const) ${name}\b`,
    String.raw`^CREATE OR REPLACE FUNCTION ${name}\(`,
    String.raw`^ {2}${name}: `,
    String.raw`^ +'${name}`,
  ];
  return new RegExp(forms.join('|'), 'm').test(text);
}

describe('the map in the README', () => {
  it(`says of ${LEAST_ANSWERS} things where they are`, () => {
    expect(answers.length).toBeGreaterThanOrEqual(LEAST_ANSWERS);
    expect(new Set(answers.map(({ question }) => question)).size).toBe(answers.length);
  });

  it('names for each the file that defines it', () => {
    const wrong = answers.filter(({ symbol, file }) => !exists(file) || !defines(read(file), symbol));
    expectNone(
      wrong.map(({ question, symbol, file }) => `“${question}”: ${file} does not define ${symbol}`),
      'Name the file that defines it now, in the table under “Where to find what” of README.md.',
    );
  });

  it('tells a definition from a use', () => {
    expect(defines("import { RateLimits } from './rate-limits.js';\nnew RateLimits();", 'RateLimits')).toBe(false);
    expect(defines('export class RateLimits {}', 'RateLimits')).toBe(true);
  });
});
