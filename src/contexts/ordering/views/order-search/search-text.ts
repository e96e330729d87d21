/**
 * Text as it is searched: without marks and case, so that `cote` finds `Côte`. Both sides of a search go through here.
 */
export function searchText(...texts: readonly (string | null)[]): string {
  return texts
    .filter((text) => text !== null)
    .join('\n')
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase();
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
