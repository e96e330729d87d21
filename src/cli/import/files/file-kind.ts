/**
 * Recognizes a file of another kind by its first bytes: one error names the kind before anything is imported, instead
 * of one for each of its rows.
 */

export const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

const PACKED: readonly (readonly [bytes: readonly number[], name: string])[] = [
  [[0x1f, 0x8b], 'gzip'],
  [[0x50, 0x4b, 0x03, 0x04], 'ZIP, as spreadsheets are'],
  [[0x42, 0x5a, 0x68], 'bzip2'],
  [[0x28, 0xb5, 0x2f, 0xfd], 'zstd'],
  [[0xfd, 0x37, 0x7a, 0x58, 0x5a], 'xz'],
];
const UTF_16_MARKS = [
  [0xff, 0xfe],
  [0xfe, 0xff],
];

/** Whether a file begins with these bytes. */
export function beginsWith(start: Buffer, bytes: Iterable<number>): boolean {
  const expected = Buffer.from([...bytes]);
  return start.subarray(0, expected.length).equals(expected);
}

/**
 * What is wrong with a file as a whole, to be read after its name; undefined where it may hold rows.
 *
 * @param start its first bytes, some thousands of them.
 */
export function wrongKind(name: string, start: Buffer): string | undefined {
  const packed = PACKED.find(([bytes]) => beginsWith(start, bytes));
  if (packed !== undefined) return `is compressed (${packed[1]}). Decompress it first`;
  if (UTF_16_MARKS.some((mark) => beginsWith(start, mark))) return 'is UTF-16. Save it as UTF-8';
  if (start.includes(0)) return 'contains NUL bytes, so it is not UTF-8 text. Save it as UTF-8';
  return name.endsWith('.jsonl') ? notJsonLines(start) : undefined;
}

function notJsonLines(start: Buffer): string | undefined {
  const from = beginsWith(start, BYTE_ORDER_MARK) ? BYTE_ORDER_MARK.length : 0;
  const text = start.subarray(from).toString('latin1').trimStart();
  if (text === '') return undefined;
  if (text.startsWith('[')) return 'is a JSON array; it must contain one object per line. Convert it with jq -c ".[]"';
  if (!text.startsWith('{')) return 'is not JSON Lines; each line must contain one object, from { to }';
  if (hasOldLineEnds(start)) return 'ends its lines with CR alone. Use LF or CR LF';
  if (/^\{[ \t]*\r?\n/.test(text))
    return 'has an object over several lines; it must contain one per line. Convert it with jq -c .';
  return undefined;
}

/** CR between values and no LF anywhere: text of an old Macintosh. */
function hasOldLineEnds(start: Buffer): boolean {
  const at = start.indexOf(CARRIAGE_RETURN);
  return at !== -1 && !start.includes(LINE_FEED) && start.subarray(at).toString('latin1').trim() !== '';
}
