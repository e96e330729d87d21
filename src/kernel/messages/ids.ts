import { v5, v7 } from 'uuid';

/** A new UUIDv7 (RFC 9562): unique without coordination, ascending by time, so indexes on it stay compact. */
export function newId(): string {
  return v7();
}

/** The id of what one thing gives rise to: the same for the same cause and name, so that a repeat makes the same (UUIDv5). */
export function derivedId(causeId: string, name: string): string {
  return v5(name, causeId);
}
