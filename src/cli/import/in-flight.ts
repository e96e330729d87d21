/**
 * Runs work for each item, at most `limit` at once, and takes the next item only when there is room. Items with the same
 * key are worked on one after the other, in their order.
 *
 * Stops taking items when `stop` is aborted or any work throws; work under way is always waited for.
 *
 * @throws what the first failed work threw
 */
export async function forEachInFlight<T>(
  items: AsyncIterable<T>,
  { limit, stop, keyOf }: { limit: number; stop: AbortSignal; keyOf: (item: T) => string | undefined },
  work: (item: T) => Promise<void>,
): Promise<void> {
  const underway = new Set<Promise<void>>();
  const lastOfKey = new Map<string, Promise<void>>();
  const failures: unknown[] = [];
  const start = (item: T): void => {
    const key = keyOf(item);
    const running = afterwards(key && lastOfKey.get(key), () => work(item))
      .catch((error: unknown) => void failures.push(error))
      .finally(() => {
        underway.delete(running);
        if (key && lastOfKey.get(key) === running) lastOfKey.delete(key);
      });
    underway.add(running);
    if (key) lastOfKey.set(key, running);
  };
  try {
    for await (const item of items) {
      if (stop.aborted || failures.length > 0) break;
      start(item);
      if (underway.size >= limit) await Promise.race(underway);
    }
  } finally {
    await Promise.all(underway);
  }
  if (failures.length > 0) throw failures[0];
}

async function afterwards(before: Promise<void> | '' | undefined, work: () => Promise<void>): Promise<void> {
  if (before) await before;
  return work();
}
