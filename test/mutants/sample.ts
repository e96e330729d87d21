import { createHash } from 'node:crypto';

/** The order in which a day's sample tries the faults: the same all day, another one the next. @param day `2026-11-28` */
export function orderOf<T extends { readonly name: string }>(faults: readonly T[], day: string): T[] {
  const rank = ({ name }: T): string => createHash('sha256').update(`${day} ${name}`).digest('hex');
  return faults.toSorted((a, b) => (rank(a) < rank(b) ? -1 : 1));
}
