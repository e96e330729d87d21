/** Items by what they have in common. */
export function groups<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const byKey = new Map<string, T[]>();
  for (const item of items) {
    const of = byKey.get(keyOf(item));
    if (of === undefined) byKey.set(keyOf(item), [item]);
    else of.push(item);
  }
  return byKey;
}

/** Which of them there are more than once. */
export function repeated(items: readonly string[]): string[] {
  return [...groups(items, (item) => item)].filter(([, of]) => of.length > 1).map(([item]) => `${item} twice`);
}

/** At most so many lines for one kind of violation: a broken run breaks thousands. */
const MOST_TOLD = 5;

/** Each violation on a line, under the rule it breaks. */
export function told(found: Readonly<Record<string, readonly string[]>>): string[] {
  return Object.entries(found).flatMap(([rule, violations]) => {
    const shown = violations.slice(0, MOST_TOLD);
    if (violations.length > MOST_TOLD) shown.push(`and ${violations.length - MOST_TOLD} more`);
    return shown.map((violation) => `${rule}: ${violation}`);
  });
}
