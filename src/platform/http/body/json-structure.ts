import { stacksMarks } from '../validation/text-rule.js';
import { invalidInput, ProblemError } from '../problems/problem-error.js';

/** JavaScript characters (UTF-16 units); a route's own rules are narrower. */
const MAX_STRING_LENGTH = 8_192;
const MAX_KEY_LENGTH = 64;

/** With the `u` flag a pair is one character, so that this finds halves only. */
const LONE_SURROGATE = /\p{Surrogate}/u;

/** Keys that some library somewhere would take for the prototype; no route has a field of that name. */
const FORBIDDEN_KEYS = new Set(['__proto__', 'constructor', 'prototype']);

/**
 * Walks a parsed body (at most `MAX_DEPTH` deep: the scan saw to that) and refuses what no route can mean: keys of
 * prototypes, endless keys and strings, numbers that aren't finite, safe or plainly zero, NUL and lone surrogates.
 * Returns the number of keys found.
 */
export class JsonStructure {
  readonly #path: (string | number)[] = [];
  /** Lone surrogates and NUL can only come from `\u` escapes, since the text was valid UTF-8 and JSON. */
  readonly #mayHoldEscapes: boolean;

  constructor(text: string) {
    this.#mayHoldEscapes = text.includes('\\u');
  }

  /** @throws ProblemError `validation-failed`, pointing at the place. */
  countKeys(value: unknown): number {
    if (typeof value === 'string') return this.#string(value);
    if (typeof value === 'number') return this.#number(value);
    if (typeof value !== 'object' || value === null) return 0;
    return Array.isArray(value) ? this.#list(value) : this.#object(value as Record<string, unknown>);
  }

  #list(list: readonly unknown[]): number {
    let keys = 0;
    const level = this.#path.push(0) - 1;
    for (let index = 0; index < list.length; index += 1) {
      this.#path[level] = index;
      keys += this.countKeys(list[index]);
    }
    this.#path.pop();
    return keys;
  }

  #object(object: Readonly<Record<string, unknown>>): number {
    const names = Object.keys(object);
    let keys = names.length;
    const level = this.#path.push('') - 1;
    for (const name of names) {
      this.#path[level] = name;
      if (name.length > MAX_KEY_LENGTH || FORBIDDEN_KEYS.has(name)) throw this.#badKey(name);
      if (this.#mayHoldEscapes) this.#string(name);
      keys += this.countKeys(object[name]);
    }
    this.#path.pop();
    return keys;
  }

  #string(text: string): 0 {
    if (text.length > MAX_STRING_LENGTH)
      throw this.#refuse('too-long', `A string exceeds ${MAX_STRING_LENGTH} characters.`);
    if (this.#mayHoldEscapes && (text.includes('\0') || LONE_SURROGATE.test(text))) {
      throw this.#refuse('not-text', 'A string contains NUL or an unpaired surrogate.');
    }
    if (stacksMarks(text)) throw this.#refuse('not-text', 'A string has more than 8 combining marks on one letter.');
    return 0;
  }

  #number(number: number): 0 {
    if (!Number.isFinite(number) || Math.abs(number) > Number.MAX_SAFE_INTEGER || Object.is(number, -0)) {
      throw this.#refuse('number-not-exact', 'A number is out of range or negative zero.');
    }
    return 0;
  }

  #badKey(name: string): ProblemError {
    if (name.length <= MAX_KEY_LENGTH) return this.#refuse('unknown-field', 'Unknown field. Remove it.');
    this.#path.pop();
    return this.#refuse('key-too-long', `A field name exceeds ${MAX_KEY_LENGTH} characters.`);
  }

  #refuse(code: string, detail: string): ProblemError {
    return invalidInput(jsonPointer(this.#path), code, detail);
  }
}

/** A name that can be repeated in an answer and a log without harm. */
const PLAIN_NAME = /^[\p{L}\p{N}_.~/ -]{1,64}$/u;

/** RFC 6901; a part that is no plain name is shown as `?`. */
export function jsonPointer(path: readonly (string | number)[]): string {
  return path.map((part) => `/${pointerPart(String(part))}`).join('');
}

function pointerPart(name: string): string {
  return PLAIN_NAME.test(name) ? name.replaceAll('~', '~0').replaceAll('/', '~1') : '?';
}
