import { setTimeout as pause } from 'node:timers/promises';
import type { Ledger } from '../ledger.js';
import type { Shop } from '../load-shop.js';
import type { Fleet } from './fleet.js';
import type { FleetMember } from './fleet-member.js';

/** What faults are injected into. */
export interface Scene {
  readonly fleet: Fleet;
  readonly ledger: Ledger;
  readonly shop: Shop;
}

/** A fault that has happened. */
export interface Injected {
  /** What was seen of it, for the record. */
  readonly detail: string;
  /** Ends what is still going on; undefined where it is over already. @returns violations that only showed meanwhile */
  readonly heal?: () => Promise<readonly string[] | void>;
  /** What has to be started again. */
  readonly gone?: FleetMember;
  /** Ends what lasts until everything else is settled. */
  readonly afterSettled?: () => Promise<void>;
}

/** Ends a fault once it has lasted long enough. */
export function after<T>(ms: number, end: () => T | Promise<T>): () => Promise<T> {
  const endAt = performance.now() + ms;
  return async () => {
    await pause(Math.max(0, endAt - performance.now()));
    return end();
  };
}
