import { v7 } from 'uuid';

/** A new UUIDv7 (RFC 9562): unique without coordination, ascending by time, so indexes on it stay compact. */
export function newId(): string {
  return v7();
}
