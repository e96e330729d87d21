import type { Configuration } from '#config';

/** The part of the configuration that the HTTP side reads. */
export type HttpSettings = Pick<Configuration, 'http' | 'rateLimits' | 'auth' | 'consistency' | 'database'>;

export const HTTP_SETTINGS = Symbol('HTTP_SETTINGS');

/** Requests under way per connection of the command side's pool; more would only queue for a connection. */
const REQUESTS_PER_CONNECTION = 4;

export function inFlightLimit(settings: HttpSettings): number {
  return settings.database.poolSize * REQUESTS_PER_CONNECTION;
}
