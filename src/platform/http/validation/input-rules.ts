import { getMetadataStorage, type ValidationArguments, type ValidatorConstraintInterface } from 'class-validator';
import type { InputClass } from './input-class.js';

type RuleMetadata = ReturnType<ReturnType<typeof getMetadataStorage>['getTargetValidationMetadatas']>[number];

/** One class-validator decorator of one property, ready to be called. */
export interface Rule {
  /** The decorator's name in kebab-case: `is-int`, `max-length`. */
  readonly code: string;
  /** The decorator's own name: `isInt`. */
  readonly name: string;
  /** Applies to the elements of a list. */
  readonly each: boolean;
  readonly constraints: readonly unknown[];
  /** `input` is the object that holds the value, for rules across fields. */
  holds(value: unknown, input: object): boolean;
  explain(value: unknown, input: object): string;
}

export interface PropertyRules {
  readonly name: string;
  readonly isOptional: boolean;
  readonly isNested: boolean;
  readonly rules: readonly Rule[];
}

const UNSUPPORTED =
  "can't be compiled: use @IsOptional(), a rule of your own (registerDecorator), or a class for each case";

/**
 * What class-validator's decorators declare about a class, property by property, in the order they are written.
 *
 * @throws Error for what isn't supported on input: asynchronous rules, groups, `@ValidateIf`, `@ValidatePromise`.
 */
export function rulesOf(type: InputClass): PropertyRules[] {
  const metadata = getMetadataStorage().getTargetValidationMetadatas(type, '', false, false);
  const byProperty = new Map<string, RuleMetadata[]>();
  for (const one of metadata) {
    byProperty.set(one.propertyName, [one, ...(byProperty.get(one.propertyName) ?? [])]);
  }
  return [...byProperty].map(([name, all]) => propertyRules(type, name, all));
}

function propertyRules(type: InputClass, name: string, metadata: readonly RuleMetadata[]): PropertyRules {
  const where = `${type.name}.${name}`;
  for (const one of metadata) assertSupported(where, one);
  return {
    name,
    isOptional: metadata.some((one) => one.name === 'isOptional'),
    isNested: metadata.some((one) => one.type === 'nestedValidation'),
    rules: metadata.filter((one) => one.type === 'customValidation').flatMap((one) => rulesOfDecorator(where, one)),
  };
}

function assertSupported(where: string, { name, type, groups, validateIf }: RuleMetadata): void {
  const isConditional = validateIf !== undefined || (type === 'conditionalValidation' && name !== 'isOptional');
  if (isConditional || type === 'promiseValidation' || (groups?.length ?? 0) > 0) {
    throw new Error(`${where}: groups, conditions and promises ${UNSUPPORTED}.`);
  }
}

function rulesOfDecorator(where: string, metadata: RuleMetadata): Rule[] {
  return getMetadataStorage()
    .getTargetValidatorConstraints(metadata.constraintCls)
    .map((constraint) => {
      if (constraint.async) throw new Error(`${where}: an asynchronous rule ${UNSUPPORTED}.`);
      return rule(metadata, metadata.name ?? constraint.name, constraint.instance);
    });
}

function rule(metadata: RuleMetadata, name: string, constraint: ValidatorConstraintInterface): Rule {
  const constraints: readonly unknown[] = metadata.constraints ?? [];
  const targetName = typeof metadata.target === 'function' ? metadata.target.name : metadata.target;
  const argumentsFor = (value: unknown, input: object): ValidationArguments => ({
    value,
    object: input,
    constraints: constraints as unknown[],
    property: metadata.propertyName,
    targetName,
  });
  return {
    code: kebab(name),
    name,
    each: metadata.each,
    constraints,
    holds: (value, input) => constraint.validate(value, argumentsFor(value, input)) === true,
    explain: (value, input) => explain(metadata, constraint, argumentsFor(value, input)),
  };
}

/** The decorator's message with its tokens filled in; never with the value, which may be anything. */
function explain(metadata: RuleMetadata, constraint: ValidatorConstraintInterface, given: ValidationArguments): string {
  const { message } = metadata;
  const text = typeof message === 'function' ? message(given) : (message ?? constraint.defaultMessage?.(given) ?? '');
  const filled = text
    .replaceAll('$property', given.property)
    .replaceAll('$value', 'the value')
    .replaceAll(/\$constraint(\d+)/g, (_all, index: string) => String(given.constraints[Number(index) - 1]));
  return filled === '' ? `${given.property} is invalid.` : `${filled}.`.replace(/\.\.$/, '.');
}

function kebab(name: string): string {
  return name.replaceAll(/(?<=[a-z0-9])[A-Z]/g, (letter) => `-${letter.toLowerCase()}`).toLowerCase();
}
