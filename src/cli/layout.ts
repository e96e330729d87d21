/** How results are laid out for people. Nothing here knows what is shown. */

const GAP = '  ';
const ELLIPSIS = '…';
/** What the last column gets at least, where the others leave less. */
const LAST_COLUMN = 40;
const MINUTE_S = 60;
const HOUR_S = 60 * MINUTE_S;
const DAY_S = 24 * HOUR_S;

export interface Column<Row> {
  readonly title: string;
  readonly of: (row: Row) => string | number;
  /** Numbers stand at the right. */
  readonly isNumber?: boolean;
}

/** Rows under their titles; the last column is cut where the line would break. */
export function table<Row>(rows: readonly Row[], columns: readonly Column<Row>[], width = terminalWidth()): string[] {
  const cells = rows.map((row) => columns.map(({ of }) => text(of(row))));
  const widths = columns.map(({ title }, at) => Math.max(title.length, ...cells.map((line) => line[at]!.length)));
  const taken = widths.slice(0, -1).reduce((sum, each) => sum + each + GAP.length, 0);
  const last = Math.max(LAST_COLUMN, width - taken);
  const line = (parts: readonly string[]): string =>
    parts
      .map((part, at) => {
        if (at === columns.length - 1) return columns[at]!.isNumber ? part.padStart(widths[at]!) : cut(part, last);
        return columns[at]!.isNumber ? part.padStart(widths[at]!) : part.padEnd(widths[at]!);
      })
      .join(GAP)
      .trimEnd();
  return [line(columns.map(({ title }) => title)), ...cells.map(line)];
}

/** Names and what belongs to them, one a line, aligned. */
export function pairs(of: Readonly<Record<string, string | number | null | undefined>>): string[] {
  const known = Object.entries(of).filter(([, value]) => value !== null && value !== undefined);
  const width = Math.max(...known.map(([name]) => name.length));
  return known.map(([name, value]) => `${name.padEnd(width)}${GAP}${text(value!)}`);
}

/** `4.2 s`, `3 min`, `2 h`, `5 d`; a dash for nothing. */
export function age(seconds: number): string {
  if (seconds <= 0) return '–';
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 2 * MINUTE_S) return `${Math.round(seconds)} s`;
  if (seconds < 2 * HOUR_S) return `${Math.round(seconds / MINUTE_S)} min`;
  return seconds < 2 * DAY_S ? `${Math.round(seconds / HOUR_S)} h` : `${Math.round(seconds / DAY_S)} d`;
}

/** `2026-11-23 12:00:00.000`, UTC. */
export function moment(instant: string): string {
  return instant.replace('T', ' ').replace('Z', '');
}

/** A long text cut at the end. */
export function cut(whole: string, width: number): string {
  const line = whole.replaceAll(/\s+/g, ' ');
  return line.length <= width ? line : `${line.slice(0, Math.max(0, width - 1))}${ELLIPSIS}`;
}

function text(value: string | number): string {
  return typeof value === 'number' ? value.toLocaleString('en') : value;
}

/** A pipe has no width: nothing is cut there. */
function terminalWidth(): number {
  return process.stdout.columns ?? Infinity;
}
