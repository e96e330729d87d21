import { age, cut, moment, pairs, table } from './layout.js';

const rows = [
  { name: 'ordering.order-search', behind: 1204, error: 'new row violates\na check constraint' },
  { name: 'x', behind: 0, error: '–' },
];
const columns = [
  { title: 'NAME', of: (row: (typeof rows)[number]) => row.name },
  { title: 'BEHIND', of: (row: (typeof rows)[number]) => row.behind, isNumber: true },
  { title: 'ERROR', of: (row: (typeof rows)[number]) => row.error },
];

describe('a table', () => {
  it('stands in columns, numbers at the right, one line a row', () => {
    expect(table(rows, columns, 200)).toEqual([
      'NAME                   BEHIND  ERROR',
      'ordering.order-search   1,204  new row violates a check constraint',
      'x                           0  –',
    ]);
  });

  it('cuts only the last column, and leaves it enough to be read', () => {
    const long = [{ ...rows[0]!, error: 'e'.repeat(100) }];
    for (const width of [60, 80]) {
      const [, line] = table(long, columns, width);
      expect(line!.length).toBe(Math.max(width, 31 + 40));
      expect(line!.endsWith('e…')).toBe(true);
    }
  });

  it('shows its titles where there is nothing', () => {
    expect(table([], columns, 80)).toEqual(['NAME  BEHIND  ERROR']);
  });
});

describe('pairs', () => {
  it('leave out what is not there', () => {
    expect(pairs({ Id: 7, Name: 'x', Error: null, Paused: undefined })).toEqual(['Id    7', 'Name  x']);
  });
});

describe('an age', () => {
  it.each([
    [0, '–'],
    [0.04, '0.0 s'],
    [4.25, '4.3 s'],
    [59.6, '60 s'],
    [119, '119 s'],
    [600, '10 min'],
    [7_199, '120 min'],
    [86_400, '24 h'],
    [864_000, '10 d'],
  ])('of %s s is said as %s', (seconds, said) => {
    expect(age(seconds)).toBe(said);
  });
});

describe('a moment', () => {
  it('is shown in UTC without ornaments', () => {
    expect(moment('2026-11-23T12:00:00.123Z')).toBe('2026-11-23 12:00:00.123');
  });
});

describe('a text', () => {
  it('is cut with a sign of it', () => {
    expect([cut('abcdef', 6), cut('abcdef', 4), cut('a\n b', 9)]).toEqual(['abcdef', 'abc…', 'a b']);
  });
});
