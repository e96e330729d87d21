import { ArraySplitter } from './array-splitter.js';
import { LineSplitter } from './line-splitter.js';
import { MAX_ROW_BYTES, placeOf, type RawRow, type RowSplitter } from './raw-row.js';

const said = (row: RawRow): string =>
  `${row.line} ${'bytes' in row ? row.bytes.toString().trim() : `! ${row.problem}`}`;

/** The rows of a text that comes in chunks of some size. */
function rowsIn(splitter: RowSplitter, text: string, chunkSize = text.length || 1): RawRow[] {
  const bytes = Buffer.from(text);
  const rows: RawRow[] = [];
  for (let from = 0; from < bytes.length; from += chunkSize) {
    rows.push(...splitter.push(bytes.subarray(from, from + chunkSize)));
  }
  return [...rows, ...splitter.end()];
}

const linesOf = (text: string, chunkSize?: number): string[] => rowsIn(new LineSplitter(), text, chunkSize).map(said);
const elementsOf = (text: string, chunkSize?: number): string[] =>
  rowsIn(new ArraySplitter(), text, chunkSize).map(said);

describe('a file of lines', () => {
  const text = '{"a":1}\r\n\n  \t\n{"b":"é"}\n{"c":3}';
  const rows = ['1 {"a":1}', '4 {"b":"é"}', '5 {"c":3}'];

  it.each([1, 2, 3, 7, 1_000])('has one row per line, blank ones passed over, in chunks of %d bytes', (size) => {
    expect(linesOf(text, size)).toEqual(rows);
  });

  it('may be empty', () => {
    expect(linesOf('')).toEqual([]);
  });

  it('tells how far it is', () => {
    expect(rowsIn(new LineSplitter(3), '{}\n{}\n').map(({ end }) => end)).toEqual([6, 9]);
  });

  it('has no byte order mark before a row, wherever files were joined', () => {
    expect(linesOf('\uFEFF1\n2\n\uFEFF3\n\uFEFF\n4')).toEqual(['1 1', '2 2', '3 3', '5 4']);
  });

  it('goes on after a line without an end in sight', () => {
    const rowsAround = linesOf(`1\n${'x'.repeat(MAX_ROW_BYTES + 1)}\n2\n`, 65_536);
    expect(rowsAround).toEqual(['1 1', expect.stringContaining('2 ! is longer than 1 MiB'), '3 2']);
  });
});

describe('a file of one array', () => {
  const text = '\n[ {"a": [1, {"b": "],}"}]},\r\n\n  {"c":\n "\\"é\\\\"},3\n]\n';
  const rows = ['2 {"a": [1, {"b": "],}"}]}', '4 {"c":\n "\\"é\\\\"}', '5 3'];

  it.each([1, 2, 3, 7, 1_000])('has one row per element, in chunks of %d bytes', (size) => {
    expect(elementsOf(text, size)).toEqual(rows);
  });

  it('may be empty', () => {
    expect(elementsOf(' [ ] ')).toEqual([]);
  });

  it('tells how far it is', () => {
    expect(rowsIn(new ArraySplitter(3), '[1,\n22]').map(({ end }) => end)).toEqual([6, 10]);
  });

  it.each([
    ['a text that isn’t closed', '[{\n"a":"x,\n"b":2},\n{"c":3}]', ['1 {\n"a":"x,\n"b":2}', '4 {"c":3}']],
    ['a bracket too many', '[{"a":1}},{"b":2}]', ['1 {"a":1}}', '1 {"b":2}']],
    ['a word', '[nonsense,{"b":2}]', ['1 nonsense', '1 {"b":2}']],
  ])('leaves %s to the one row it is in', (_name, broken, expected) => {
    expect(elementsOf(broken)).toEqual(expected);
  });

  it.each([
    ['a comma too many', '[1,\n]', ['1 1', '2 ! a row is missing between the last comma and ]']],
    ['two commas', '[1,,2]', ['1 1', '1 ! a row is missing before this comma', '1 2']],
    [
      'a second array',
      '[1]\n[2]\n[3]',
      ['1 1', '2 ! there is content after the closing ]; a file must contain one array'],
    ],
    [
      'a cut inside a row',
      '[1,\n{"a":\n',
      ['1 1', '2 ! the file ends inside the row that starts here; is it complete?'],
    ],
    ['a cut between rows', '[1,\n', ['1 1', '2 ! the file ends before the closing ]; is it complete?']],
  ])('tells of %s', (_name, broken, expected) => {
    expect(elementsOf(broken)).toEqual(expected);
  });

  it('goes on after an element without an end in sight', () => {
    const rowsAround = elementsOf(`[1,\n"${'x'.repeat(MAX_ROW_BYTES + 1)}",\n2]`, 65_536);
    expect(rowsAround).toEqual(['1 1', expect.stringContaining('2 ! is longer than 1 MiB'), '3 2']);
  });

  it.each([1, 3, 1_000])(
    'tells rows of one line apart by the character they start at, in chunks of %d bytes',
    (size) => {
      const places = rowsIn(new ArraySplitter(), '[{"a":"é"},{"b":2},\n {"c":3}, 4,,]', size).map(placeOf);
      expect(places).toEqual(['1', '1:12', '2', '2:11', '2:13', '2:14']);
    },
  );

  it.each(['', '  \n', '{"a":1}', 'sku;name', '"x"'])('is refused where there is none: %j', (other) => {
    expect(() => elementsOf(other)).toThrow('is not a JSON array');
  });
});
