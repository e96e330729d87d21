const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/** The partition of a key: FNV-1a over its UTF-16 units. Permanent while a subscription keeps its number of partitions. */
export function partitionOf(key: string, partitions: number): number {
  if (partitions === 1) return 0;
  let hash = FNV_OFFSET;
  for (let index = 0; index < key.length; index += 1) {
    hash = Math.imul(hash ^ key.charCodeAt(index), FNV_PRIME);
  }
  return (hash >>> 0) % partitions;
}
