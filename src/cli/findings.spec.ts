import { failure, ok, warning } from '../platform/operations/doctor/finding.js';
import { findingLines } from './findings.js';

describe('a finding', () => {
  it('is a line with its mark, and what to do below it', () => {
    expect(findingLines(ok('Port 3000 is free'))).toEqual(['✔ Port 3000 is free']);
    expect(findingLines(failure('Port 3000 is taken', 'End it.'))).toEqual(['✖ Port 3000 is taken', '  → End it.']);
  });

  it('keeps the lines of a script together', () => {
    expect(
      findingLines(warning('Everybody signs in as the owner', 'Run this:\nCREATE ROLE a;\nCREATE ROLE b;')),
    ).toEqual(['⚠ Everybody signs in as the owner', '  → Run this:', '    CREATE ROLE a;', '    CREATE ROLE b;']);
  });
});
