import { purposes, type LimitsOf, type Purpose } from '../../kernel/database/role-settings.js';
import type { TriedLogin } from './try-login.js';

type Logins = Readonly<Record<Purpose, TriedLogin>>;

/** Where a pooler keeps limits from taking hold, each with its remedy; without a pooler every login brings its own. */
export function limitWarnings(logins: Logins, limitsOf: LimitsOf): string[] {
  return [...missingLimits(logins, limitsOf), ...outdatedLimits(logins)];
}

function missingLimits(logins: Logins, limitsOf: LimitsOf): string[] {
  const unlimited = purposes.filter((purpose) => logins[purpose].missing.length > 0);
  if (unlimited.length === 0) return [];
  const roles = new Set(purposes.map((purpose) => logins[purpose].role));
  // What is right for one kind of work would be wrong for the others: a read-only owner can't even migrate.
  const bareLimits = unlimited.some((purpose) => logins[purpose].missing.includes('statement_timeout'));
  if (roles.size < purposes.length && bareLimits) {
    return [
      `The pooler in front of the database does not pass settings on, and the role ${[...roles].join(', ')} is used for several kinds of work. ` +
        'So statements have no time limit, and the query side can write. Set DATABASE_APP_URL, ' +
        'DATABASE_WORKER_URL and DATABASE_QUERY_URL to separate roles with the limits in docs/how-to/run-behind-pgbouncer.md.',
    ];
  }
  return unlimited.map((purpose) => {
    const { role, missing } = logins[purpose];
    const sets = missing.map((name) => `ALTER ROLE "${role}" SET ${name} = '${limitsOf(purpose)[name]}';`);
    return `The pooler in front of the database does not pass settings on, and the role ${role} lacks ${missing.join(', ')}. Run: ${sets.join(' ')}`;
  });
}

function outdatedLimits(logins: Logins): string[] {
  const outdated = purposes.filter((purpose) => logins[purpose].outdated.length > 0);
  if (outdated.length === 0) return [];
  const what = outdated.map((purpose) => `${logins[purpose].role} (${logins[purpose].outdated.join(', ')})`);
  return [
    `The pooler still uses sessions with older limits of ${what.join(' and ')}. Open new ones: run RECONNECT in the ` +
      'console of pgbouncer, or restart it.',
  ];
}
