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
      `The pooler in front of the database passes on no settings, and the role ${[...roles].join(', ')} does several kinds of work. ` +
        'So statements have no time limit, and nothing keeps the query side from writing. Set DATABASE_APP_URL, ' +
        'DATABASE_WORKER_URL and DATABASE_QUERY_URL to a role each, with the limits that docs/how-to/run-behind-pgbouncer.md names.',
    ];
  }
  return unlimited.map((purpose) => {
    const { role, missing } = logins[purpose];
    const sets = missing.map((name) => `ALTER ROLE "${role}" SET ${name} = '${limitsOf(purpose)[name]}';`);
    return `The pooler in front of the database passes on no settings, and the role ${role} doesn't bring ${missing.join(', ')} itself. Run: ${sets.join(' ')}`;
  });
}

function outdatedLimits(logins: Logins): string[] {
  const outdated = purposes.filter((purpose) => logins[purpose].outdated.length > 0);
  if (outdated.length === 0) return [];
  const what = outdated.map((purpose) => `${logins[purpose].role} (${logins[purpose].outdated.join(', ')})`);
  return [
    `The pooler still uses sessions with older limits of ${what.join(' and ')}. Let it open new ones: RECONNECT in the ` +
      'console of pgbouncer, or a restart of it.',
  ];
}
