import type { Configuration } from '#config';

/** What a configuration declares of the database: logins, limits, sizes of the pools. */
export type DatabaseSettings = Configuration['database'];
