import type { Examination } from '../../database/examine.js';
import { databaseFindings } from './database-findings.js';

const sound: Examination = {
  version: 18,
  pending: 0,
  warnings: [],
  database: 'waybill',
  owner: 'boss',
  encoding: 'UTF8',
  collation: 'C.UTF-8 (builtin)',
  isCollationStale: false,
  maxConnections: 200,
  clockAheadSeconds: 0.1,
  seesAllTransactions: true,
  hasTrigrams: true,
};
const complaints = (more: Partial<Examination>) =>
  databaseFindings({ ...sound, ...more }, 'here', 27).filter(({ state }) => state !== 'ok');

describe('a database', () => {
  it('is sound when nothing falls short', () => {
    expect(complaints({})).toEqual([]);
    expect(databaseFindings({ ...sound, pending: 2 }, 'here', 27)[1]!.what).toContain('2 migrations');
  });

  it.each([
    [{ encoding: 'SQL_ASCII' }, 'failure', "ENCODING 'UTF8'"],
    [
      { isCollationStale: true },
      'warning',
      'REINDEX DATABASE "waybill"; ALTER DATABASE "waybill" REFRESH COLLATION VERSION;',
    ],
    [{ maxConnections: 30 }, 'warning', 'max_connections'],
    [{ clockAheadSeconds: -7 }, 'warning', 'NTP'],
    [{ seesAllTransactions: false }, 'warning', 'GRANT pg_read_all_stats TO "boss";'],
    [{ hasTrigrams: false }, 'warning', 'CREATE EXTENSION pg_trgm'],
    [{ warnings: ['The server runs with fsync=off: careless. Turn it on.'] }, 'warning', 'Turn it on.'],
  ] as const)('with %j has its remedy', (fault, state, remedy) => {
    expect(complaints(fault)).toEqual([{ state, what: expect.any(String), remedy: expect.stringContaining(remedy) }]);
  });
});
