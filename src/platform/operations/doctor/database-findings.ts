import type { Examination } from '../../database/examine.js';
import { failure, ok, warning, type Finding } from './finding.js';

const SPARE_CONNECTIONS = 10;
const CLOCKS_APART_S = 2;

/** The findings about a database that answers. */
export function databaseFindings(found: Examination, place: string, connectionsNeeded: number): Finding[] {
  const { version, pending } = found;
  return [
    ok(`PostgreSQL ${version} is running at ${place}`),
    ok(pending === 0 ? 'All migrations are applied' : `${pending} migrations will be applied by the next start`),
    encoding(found),
    collation(found),
    connections(found, connectionsNeeded),
    clocks(found),
    ...statistics(found),
    ...trigrams(found),
    ...found.warnings.map(explained),
  ];
}

function encoding({ encoding: name }: Examination): Finding {
  if (name === 'UTF8') return ok('Its encoding is UTF8');
  return failure(
    `Its encoding is ${name}`,
    `Create the database again: CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0;`,
  );
}

function collation({ collation: name, isCollationStale, database }: Examination): Finding {
  if (!isCollationStale) return ok(`Texts are sorted by ${name}`);
  return warning(
    `The collation ${name} of the system has changed since the database was created, so its text indexes may be wrong`,
    `REINDEX DATABASE "${database}"; ALTER DATABASE "${database}" REFRESH COLLATION VERSION;`,
  );
}

function connections({ maxConnections }: Examination, needed: number): Finding {
  const what = `The server accepts ${maxConnections} connections; a process needs up to ${needed}`;
  if (maxConnections >= needed + SPARE_CONNECTIONS) return ok(what);
  return warning(what, 'Raise max_connections, or lower DATABASE_POOL_SIZE.');
}

function clocks({ clockAheadSeconds }: Examination): Finding {
  const apart = Math.abs(clockAheadSeconds);
  if (apart <= CLOCKS_APART_S) return ok('The clocks of the database and this machine agree');
  return warning(
    `The clock of the database is ${Math.round(apart)} s ${clockAheadSeconds > 0 ? 'ahead' : 'behind'}`,
    'Run NTP on both machines.',
  );
}

function statistics({ seesAllTransactions, owner }: Examination): Finding[] {
  if (seesAllTransactions) return [];
  const remedy = `As an administrator: GRANT pg_read_all_stats TO "${owner}";`;
  return [warning('The owner sees only its own transactions, so the oldest transaction may be missing', remedy)];
}

function trigrams({ hasTrigrams }: Examination): Finding[] {
  if (hasTrigrams) return [];
  const remedy = 'As an administrator: CREATE EXTENSION pg_trgm; it comes with the contrib package.';
  return [warning('Without pg_trgm a text search reads all orders', remedy)];
}

/** Splits the texts of the start: the first sentence is the finding, the rest the remedy. */
function explained(text: string): Finding {
  const end = text.indexOf('. ');
  return end < 0 ? warning(text, 'See above.') : warning(text.slice(0, end), text.slice(end + 2));
}
