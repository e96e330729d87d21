import { nestedClassOf, type InputClass } from './input-class.js';
import type { InputErrors } from './input-errors.js';
import type { PropertyRules, Rule } from './input-rules.js';

/** How long a list may be whose class has no `@ArrayMaxSize` for it. */
const DEFAULT_LIST_SIZE = 100;

/** Checks a nested object and returns it as an instance of its class. */
export interface NestedReader {
  read(input: unknown, pointer: string, errors: InputErrors): object | undefined;
}

/** One property that a client may send: what it must be, checked without building anything but the result. */
export class InputField {
  readonly name: string;
  readonly isOptional: boolean;
  readonly isList: boolean;
  readonly #whole: readonly Rule[];
  readonly #each: readonly Rule[];
  readonly #nested: NestedReader | undefined;
  readonly #maxSize: number;

  constructor(type: InputClass, property: PropertyRules, nestedReader: (type: InputClass) => NestedReader) {
    this.name = property.name;
    this.isOptional = property.isOptional;
    this.#whole = property.rules.filter((rule) => !rule.each);
    this.#each = property.rules.filter((rule) => rule.each);
    this.isList = this.#each.length > 0 || isList(type, property);
    this.#maxSize = (this.#rule('arrayMaxSize')?.constraints[0] as number | undefined) ?? DEFAULT_LIST_SIZE;
    this.#nested = property.isNested ? nestedReader(nestedClass(type, property.name)) : undefined;
  }

  hasRule(...names: readonly string[]): boolean {
    return [...this.#whole, ...this.#each].some((rule) => names.includes(rule.name));
  }

  /** The value as the handler gets it; only meaningful while no error was added. */
  read(value: unknown, input: object, pointer: string, errors: InputErrors): unknown {
    if (!this.isList) return this.#one(value, input, pointer, errors);
    if (!Array.isArray(value)) return errors.add(pointer, 'is-array', `${this.name} must be an array.`);
    if (value.length > this.#maxSize)
      return errors.add(pointer, 'array-max-size', `${this.name} must have at most ${this.#maxSize} elements.`);
    if (!passes(this.#whole, value, input, { pointer, errors })) return undefined;
    return value.map((element: unknown, index) => this.#element(element, input, `${pointer}/${index}`, errors));
  }

  #one(value: unknown, input: object, pointer: string, errors: InputErrors): unknown {
    if (!passes(this.#whole, value, input, { pointer, errors })) return undefined;
    return this.#nested === undefined ? composed(value) : this.#nested.read(value, pointer, errors);
  }

  #element(element: unknown, input: object, pointer: string, errors: InputErrors): unknown {
    if (errors.isFull || !passes(this.#each, element, input, { pointer, errors })) return undefined;
    return this.#nested === undefined ? composed(element) : this.#nested.read(element, pointer, errors);
  }

  #rule(name: string): Rule | undefined {
    return this.#whole.find((rule) => rule.name === name);
  }
}

/** Text is kept composed (NFC), so that two ways to write one letter are one identity. */
function composed(value: unknown): unknown {
  return typeof value === 'string' ? value.normalize('NFC') : value;
}

/** The first broken rule is reported; a second one about the same value would mostly repeat it. */
function passes(
  rules: readonly Rule[],
  value: unknown,
  input: object,
  at: { pointer: string; errors: InputErrors },
): boolean {
  for (const rule of rules) {
    if (!rule.holds(value, input)) {
      at.errors.add(at.pointer, rule.code, rule.explain(value, input));
      return false;
    }
  }
  return true;
}

function isList(type: InputClass, { name, rules }: PropertyRules): boolean {
  if (rules.some((rule) => rule.name === 'isArray' || rule.name.startsWith('array'))) return true;
  return Reflect.getMetadata('design:type', type.prototype as object, name) === Array;
}

function nestedClass(type: InputClass, property: string): InputClass {
  const nested = nestedClassOf(type, property);
  if (nested !== undefined) return nested;
  throw new Error(`${type.name}.${property} has @ValidateNested() but no class. Add @Nested(() => TheClass).`);
}
