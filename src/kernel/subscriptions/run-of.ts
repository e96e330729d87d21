import { createHash } from 'node:crypto';
import type { Subscriber } from './subscriber.js';

/**
 * Identifies the code of a subscription: `name@version#hash`, the hash being the MD5 of its events' names, sorted, with
 * commas between (as kernel.run_of has it). Leases go only to releases whose code is the registered one.
 */
export function runOf({ name, version, eventNames }: Pick<Subscriber, 'name' | 'version' | 'eventNames'>): string {
  return `${name}@${version}#${createHash('md5').update(eventNames.join(',')).digest('hex')}`;
}
