const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/** Between the columns of a key: the unit separator, because PostgreSQL stores no NUL. */
export const KEY_SEPARATOR = '\u001f';
const SEPARATOR_CODE = KEY_SEPARATOR.charCodeAt(0);

/**
 * The partition of a key: FNV-1a over its UTF-16 units. Permanent while a subscription keeps its number of partitions,
 * also over releases that run side by side: a separator counts as the NUL that it once was.
 */
export function partitionOf(key: string, partitions: number): number {
  if (partitions === 1) return 0;
  let hash = FNV_OFFSET;
  for (let index = 0; index < key.length; index += 1) {
    const code = key.charCodeAt(index);
    hash = Math.imul(hash ^ (code === SEPARATOR_CODE ? 0 : code), FNV_PRIME);
  }
  return (hash >>> 0) % partitions;
}
