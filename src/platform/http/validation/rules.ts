import { buildMessage, isEmail, ValidateBy, type ValidationOptions } from 'class-validator';
import { roleRules } from '../auth/role-rules.js';
import { isText, type TextLimits } from './text-rule.js';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const NIL_UUID = '00000000-0000-0000-0000-000000000000';
/** Offsets as far as PostgreSQL takes them; no zone ever was further than 15:13:42 from Greenwich. */
const INSTANT =
  /^(\d{4})-(\d{2})-(\d{2})T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,6})?(?:Z|[+-](?:0\d|1[0-5]):[0-5]\d)$/;
const DAY = /^(\d{4})-(\d{2})-(\d{2})$/;
const DAYS_IN_MONTH = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/**
 * Quoted names (`"a b"@example.org`) are changed on their way by some mail programs; `%` and `!` before the @ are old forms
 * of a route by which a server may pass the mail on elsewhere; the last two can't be seen.
 */
const NOT_BEFORE_AT = '"%!\u200c\u200d';

/** A UUID that isn't the nil one. */
export function isId(value: unknown): value is string {
  return typeof value === 'string' && value.length === 36 && UUID.test(value) && value !== NIL_UUID;
}

/** RFC 3339 with a zone, of a day that exists, in the years 1000 to 9999 as written and in UTC, where it is stored. */
export function isInstant(value: unknown): value is string {
  if (typeof value !== 'string' || value.length > 40) return false;
  const parts = INSTANT.exec(value);
  return parts !== null && isRealDay(parts) && isKnownYear(new Date(value).getUTCFullYear());
}

/** `YYYY-MM-DD`, of a day that exists, in the years 1000 to 9999. */
export function isDay(value: unknown): value is string {
  const parts = typeof value === 'string' ? DAY.exec(value) : null;
  return parts !== null && isRealDay(parts);
}

/** `name@domain` of any script, which reaches the mailbox that it names and no other. */
export function isMailAddress(value: unknown): value is string {
  return isEmail(value, { blacklisted_chars: NOT_BEFORE_AT });
}

export function IsInstant(options?: ValidationOptions): PropertyDecorator {
  return rule(
    'isInstant',
    isInstant,
    '$property must be an RFC 3339 time like 2026-11-23T09:30:00.000Z, in the years 1000 to 9999, with an offset below 16:00',
    options,
  );
}

export function IsDay(options?: ValidationOptions): PropertyDecorator {
  return rule('isDay', isDay, '$property must be a date like 2026-11-23', options);
}

export function IsCurrency(options?: ValidationOptions): PropertyDecorator {
  return rule(
    'isCurrency',
    (value) => typeof value === 'string' && /^[A-Z]{3}$/.test(value),
    '$property must be a currency code like EUR',
    options,
  );
}

export function IsMailAddress(options?: ValidationOptions): PropertyDecorator {
  const message = '$property must be an email address like ada@example.org, without ", % or ! before the @';
  return rule('isEmail', isMailAddress, message, options);
}

export function IsText(limits: TextLimits, options?: ValidationOptions): PropertyDecorator {
  const message = `$property must be a string of ${limits.min ?? 1} to ${limits.max} visible characters, without leading or trailing spaces`;
  return rule('isText', (value) => isText(value, limits), message, options);
}

/** One of the application's roles. */
export function IsRole(options?: ValidationOptions): PropertyDecorator {
  return rule(
    'isRole',
    (value) => roleRules().roles.includes(value as string),
    '$property must be one of the roles',
    options,
  );
}

function rule(
  name: string,
  holds: (value: unknown) => boolean,
  message: string,
  options?: ValidationOptions,
): PropertyDecorator {
  return ValidateBy(
    { name, validator: { validate: holds, defaultMessage: buildMessage((each) => each + message, options) } },
    options,
  );
}

/** Four digits, so that texts sort as times do, and no year that was counted otherwise. */
function isKnownYear(year: number): boolean {
  return year >= 1000 && year <= 9999;
}

function isRealDay(parts: RegExpExecArray): boolean {
  const [year, month, day] = [Number(parts[1]), Number(parts[2]), Number(parts[3])];
  if (!isKnownYear(year) || month < 1 || month > 12 || day < 1) return false;
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return day <= (month === 2 && isLeap ? 29 : DAYS_IN_MONTH[month - 1]!);
}
