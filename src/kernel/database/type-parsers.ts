import { types, type CustomTypesConfig } from 'pg';

/**
 * How columns become values, the same in every pool and under TypeORM: numbers that are exact, times as RFC 3339 in UTC,
 * dates as written. pg's own defaults would give bigints as text and dates in the server's time zone.
 */
export const typeParsers: CustomTypesConfig = {
  getTypeParser: (oid: number, format?: 'text' | 'binary') =>
    (format === 'binary' ? undefined : ownParsers[oid]) ?? builtinParser(oid, format),
};

const builtinParser = types.getTypeParser as (oid: number, format?: string) => (value: string) => unknown;

const INT8 = 20;
const DATE = 1082;
const TIMESTAMPTZ = 1184;
const INT8_ARRAY = 1016;
const DATE_ARRAY = 1182;
const TIMESTAMPTZ_ARRAY = 1185;
const TEXT_ARRAY = 1009;

const ownParsers: Readonly<Record<number, (text: string) => unknown>> = {
  [INT8]: exactNumber,
  [DATE]: (text) => text,
  [TIMESTAMPTZ]: utcTime,
  [INT8_ARRAY]: (text) => eachOf(text, exactNumber),
  [DATE_ARRAY]: (text) => eachOf(text, (date) => date),
  [TIMESTAMPTZ_ARRAY]: (text) => eachOf(text, utcTime),
};

/** A bigint as a number; throws rather than rounding above 2^53. */
function exactNumber(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value))
    throw new RangeError(`The database holds ${text}, which a number can't hold exactly.`);
  return value;
}

/** Time, then the offset of the server's zone. Before standard time, zones were off by odd seconds: `+00:53:28`. */
const ZONED = /^(.+)([+-])(\d\d)(?::(\d\d))?(?::(\d\d))?$/;

/** `2026-01-31 12:00:00.5+01` as `2026-01-31T11:00:00.500Z`. Microseconds are cut off: JavaScript's times have none. */
function utcTime(text: string): string {
  if (text.endsWith('+00') && text[4] === '-' && text[10] === ' ') return ofUtcServer(text);
  const [, local = '', sign, hours, minutes = 0, seconds = 0] = ZONED.exec(text) ?? [];
  const offsetMs = ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1_000;
  const time = new Date(Date.parse(`${local.replace(' ', 'T')}Z`) - (sign === '-' ? -offsetMs : offsetMs));
  if (Number.isNaN(time.getTime())) throw new RangeError(`The database holds the time ${text}, which isn't one here.`);
  return time.toISOString();
}

/** On a server in UTC, as most are: `2026-01-31 12:00:00.5+00`, cut and padded without a Date, for each event read. */
function ofUtcServer(text: string): string {
  const fraction = text[19] === '.' ? text.slice(20, -3) : '';
  return `${text.slice(0, 10)}T${text.slice(11, 19)}.${fraction.padEnd(3, '0').slice(0, 3)}Z`;
}

function eachOf<T>(text: string, parse: (element: string) => T): (T | null)[] {
  const parseArray = types.getTypeParser(TEXT_ARRAY as never, 'text') as (value: string) => (string | null)[];
  return parseArray(text).map((element) => (element === null ? null : parse(element)));
}
