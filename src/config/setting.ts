/**
 * One variable of the environment: what it is for, what it may hold, what it is without being set.
 * The schema is made of these; parsing, printing and the reference pages are all derived from them.
 */
export interface Setting<T> {
  /** What it decides and what a larger or smaller value costs; one or two sentences for the reference page. */
  readonly about: string;
  /** The allowed values, as the object of "must be": `a whole number from 1 to 100`. */
  readonly shape: string;
  /** The variable's name where it isn't derived from section and key. */
  readonly variable?: string | undefined;
  /** Printed as `***`; true for URLs with passwords too, whose other parts stay readable. */
  readonly masked: boolean;
  readonly whenUnset: T;
  /** Replaces `whenUnset` where NODE_ENV is `production`. */
  readonly whenUnsetInProduction?: T | undefined;
  /** The value, or undefined if the text isn't of the shape. */
  parse(text: string): T | undefined;
  /** The value as it would be written in the environment. */
  write(value: T): string;
}

interface SettingOptions<T> {
  about: string;
  variable?: string;
  default: T;
  defaultInProduction?: T;
}

type UndefaultedOptions<T> = Omit<SettingOptions<T>, 'default' | 'defaultInProduction'> & { default?: T };

function setting<T>(
  options: SettingOptions<T>,
  rest: Pick<Setting<T>, 'shape' | 'parse'> & Partial<Setting<T>>,
): Setting<T> {
  return {
    about: options.about,
    variable: options.variable,
    whenUnset: options.default,
    whenUnsetInProduction: options.defaultInProduction,
    masked: false,
    write: (value) => (value === undefined ? '' : String(value)),
    ...rest,
  };
}

/** A whole number. `min` and `max` are inclusive and part of the text of a refusal. */
export function integer(
  options: SettingOptions<number> & { min: number; max: number; unit?: string },
): Setting<number> {
  const { min, max, unit } = options;
  return setting(options, {
    shape: `a whole number${unit ? ` of ${unit}` : ''} from ${min} to ${max}`,
    parse: (text) => {
      const value = /^(?:0|-?[1-9]\d{0,14})$/.test(text) ? Number(text) : NaN;
      return value >= min && value <= max ? value : undefined;
    },
  });
}

/** A time in whole milliseconds; at most a day unless `max` is given. */
export function milliseconds(options: SettingOptions<number> & { min?: number; max?: number }): Setting<number> {
  return integer({ min: 0, max: 86_400_000, ...options, unit: 'milliseconds' });
}

/** A size in whole bytes. */
export function bytes(options: SettingOptions<number> & { min: number; max: number }): Setting<number> {
  return integer({ ...options, unit: 'bytes' });
}

/** One of a few words. */
export function choice<const Word extends string>(
  options: SettingOptions<Word> & { of: readonly Word[] },
): Setting<Word>;
export function choice<const Word extends string>(
  options: UndefaultedOptions<Word> & { of: readonly Word[] },
): Setting<Word | undefined>;
export function choice<const Word extends string>(
  options: UndefaultedOptions<Word> & { of: readonly Word[] },
): Setting<Word | undefined> {
  return setting<Word | undefined>(
    { ...options, default: options.default },
    { shape: `one of ${options.of.join(', ')}`, parse: (text) => options.of.find((word) => word === text) },
  );
}

/** `true` or `false`; nothing else, so that `FLAG=0` can't be taken for yes. */
export function flag(options: SettingOptions<boolean>): Setting<boolean>;
export function flag(options: UndefaultedOptions<boolean>): Setting<boolean | undefined>;
export function flag(options: UndefaultedOptions<boolean>): Setting<boolean | undefined> {
  const words: Record<string, boolean | undefined> = { true: true, false: false };
  return setting<boolean | undefined>(
    { ...options, default: options.default },
    { shape: 'true or false', parse: (text) => (Object.hasOwn(words, text) ? words[text] : undefined) },
  );
}

interface TextRules {
  shape?: string;
  /** Default: anything. */
  accepts?: (value: string) => boolean;
}

/** A text without control characters. */
export function text(options: SettingOptions<string> & TextRules): Setting<string>;
export function text(options: UndefaultedOptions<string> & TextRules): Setting<string | undefined>;
export function text(options: UndefaultedOptions<string> & TextRules): Setting<string | undefined> {
  const { accepts = () => true } = options;
  return setting<string | undefined>(
    { ...options, default: options.default },
    {
      shape: options.shape ?? 'a text without control characters',
      // oxlint-disable-next-line no-control-regex
      parse: (value) => (/[\u0000-\u001f\u007f]/.test(value) || !accepts(value) ? undefined : value),
    },
  );
}

/** Words separated by commas; empty means none. */
export function list(
  options: Omit<SettingOptions<readonly string[]>, 'default'> & { each: string; accepts: (word: string) => boolean },
): Setting<readonly string[]> {
  return setting<readonly string[]>(
    { ...options, default: [] },
    {
      shape: `${options.each}, separated by commas`,
      parse: (value) => {
        const words = value.split(',').map((word) => word.trim());
        return words.every((word) => options.accepts(word)) ? words : undefined;
      },
      write: (value) => value.join(','),
    },
  );
}

/** A URL with one of the given protocols. With `masked`, its password is never printed. */
export function url(
  options: UndefaultedOptions<string> & { protocols: readonly string[]; masked?: boolean; example: string },
): Setting<string | undefined> {
  return setting<string | undefined>(
    { ...options, default: options.default },
    {
      shape: `a URL such as ${options.example}`,
      masked: options.masked ?? false,
      parse: (value) => {
        const parsed = URL.canParse(value) ? new URL(value) : undefined;
        return parsed && options.protocols.includes(parsed.protocol) ? value : undefined;
      },
    },
  );
}
