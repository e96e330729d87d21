/** Letters that Unicode doesn't take apart, and the root collation of CLDR counts as accented forms of these. */
const BASE_LETTERS: Readonly<Record<string, string>> = {
  ø: 'o',
  ł: 'l',
  đ: 'd',
  ð: 'd',
  ħ: 'h',
  æ: 'ae',
  œ: 'oe',
  ς: 'σ',
  '⁄': '/',
};
const WITH_BASE_LETTER = new RegExp(`[${Object.keys(BASE_LETTERS).join('')}]`, 'gu');

/**
 * Marks that are accents. Vowel signs of Hindi, Thai or Burmese are marks too, but letters to those who search by them;
 * the vowel points of Hebrew and Arabic, which are mostly left out, are not.
 */
const ACCENTS = new RegExp(
  String.raw`[\p{M}--\p{Alphabetic}]|[\p{M}&&[\p{Script=Inherited}\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}]]`,
  'gv',
);
const IGNORABLE = /\p{Default_Ignorable_Code_Point}/gu;

/**
 * Text as it is searched, in lists of orders, products and customers alike: without case, accents and characters that only
 * shape others, so that `cote` finds `Côte`, `STRASSE` finds `Straße` and `ΚΟΣ` finds `Κόσμος`. Both sides of a search go
 * through here.
 */
export function searchText(...texts: readonly (string | null)[]): string {
  return withoutCase(texts.filter((text) => text !== null).join('\n'))
    .replace(ACCENTS, '')
    .replace(IGNORABLE, '')
    .replace(WITH_BASE_LETTER, (letter) => BASE_LETTERS[letter]!);
}

/**
 * Marks stand apart afterwards. Down, up and down again: `ß` only has a capital form of two letters, and `ẞ` must become `ß`
 * first. Before marks go, because the iota under a Greek letter is a letter of its own in capitals.
 */
function withoutCase(text: string): string {
  return text.normalize('NFKD').toLowerCase().toUpperCase().toLowerCase().normalize('NFKD');
}

/** More words only make a search slower, not sharper. */
const MAX_WORDS = 8;

/** LIKE patterns that a found text must all match: the words of the question anywhere, `%`, `_` and `\` as they stand. */
export function wordPatterns(question: string): string[] {
  const words = searchText(question)
    .split(/\s+/u)
    .filter((word) => word !== '');
  return [...new Set(words)].slice(0, MAX_WORDS).map((word) => `%${word.replace(/[\\%_]/g, '\\$&')}%`);
}

/**
 * SQL conditions for rows whose folded text has all words of a question, one per word, as a trigram index can answer them;
 * none without a question, and `false` for one that has no word.
 *
 * @param param adds a value to the statement's and returns its `$n`
 */
export function searchConditions(
  column: string,
  question: string | undefined,
  param: (pattern: string) => string,
): readonly string[] {
  if (question === undefined) return [];
  const patterns = wordPatterns(question);
  return patterns.length === 0 ? ['false'] : patterns.map((pattern) => `${column} LIKE ${param(pattern)}`);
}
