import type { Entry } from './ledger.js';

/** Acknowledgements that are expected in the database: all but those that it lost when it went back to an earlier state. */
export function withoutLost(entries: readonly Entry[]): Entry[] {
  let kept: Entry[] = [];
  const lostDrafts = new Set<string>();
  for (const entry of entries) {
    if (entry.kind === 'went-back') {
      const lost = new Set(entry.keys);
      for (const key of lost) lostDrafts.add(draftOf(key));
      kept = kept.filter((earlier) => !isAcknowledgement(earlier) || !lost.has(earlier.key));
    } else if (entry.kind !== 'refused' || !lostDrafts.has(draftOf(entry.key))) kept.push(entry);
  }
  return kept;
}

/** Keys whose acknowledgement is not in the database any more, given the keys that it holds. */
export function lostKeys(entries: readonly Entry[], held: ReadonlySet<string>): string[] {
  const acknowledged = withoutLost(entries).filter(isAcknowledgement);
  return [...new Set(acknowledged.map(({ key }) => key))].filter((key) => !held.has(key));
}

/** G1 for a database that went back: asynchronous replication and restores may lose the last commits, and no others. */
export function lostTooMuch(entries: readonly Entry[]): string[] {
  return entries.flatMap((entry, index) => {
    if (entry.kind !== 'went-back') return [];
    const lost = new Set(entry.keys);
    return withoutLost(entries.slice(0, index))
      .filter((earlier) => isAcknowledgement(earlier) && lost.has(earlier.key) && earlier.at < entry.since)
      .map(({ at }) => `acknowledged at ${Math.round(at)}, the database went back to ${Math.round(entry.since)}`);
  });
}

function isAcknowledgement(entry: Entry): entry is Extract<Entry, { kind: 'acknowledged' | 'step' }> {
  return entry.kind === 'acknowledged' || entry.kind === 'step';
}

/** Steps of one draft have keys that differ in their last number: after a lost step the next ones are refused. */
function draftOf(key: string): string {
  return key.includes('draft-') ? key.replace(/-\d+$/, '') : key;
}
