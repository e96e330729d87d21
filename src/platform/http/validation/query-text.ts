/** The type that the query string's text is converted to, derived from the rules of the property. */
interface QueryField {
  readonly isList: boolean;
  hasRule(...names: readonly string[]): boolean;
}

type Converted = { readonly value: unknown } | { readonly problem: string };

const INTEGER = /^(?:0|-?[1-9]\d{0,15})$/;
const DECIMAL = /^-?(?:0|[1-9]\d{0,14})(?:\.\d{1,6})?$/;

/** Decimal digits only: `0x10`, `1e3`, `+1` and ` 5` are numbers to JavaScript or PostgreSQL, not to us. */
export function convertQueryText(field: QueryField, text: string): Converted {
  if (!field.isList) return convertOne(field, text);
  const values: unknown[] = [];
  for (const part of text.split(',')) {
    const one = convertOne(field, part);
    if ('problem' in one) return one;
    values.push(one.value);
  }
  return { value: values };
}

function convertOne(field: QueryField, text: string): Converted {
  if (text === '') return { problem: 'must not be empty' };
  if (field.hasRule('isInt')) return convertInteger(text);
  if (field.hasRule('isNumber', 'min', 'max', 'isPositive')) return convertDecimal(text);
  if (field.hasRule('isBoolean'))
    return text === 'true' || text === 'false' ? { value: text === 'true' } : { problem: 'must be true or false' };
  return { value: text };
}

function convertInteger(text: string): Converted {
  const value = Number(text);
  return INTEGER.test(text) && Number.isSafeInteger(value)
    ? { value }
    : { problem: 'must be an integer in decimal digits' };
}

function convertDecimal(text: string): Converted {
  return DECIMAL.test(text) ? { value: Number(text) } : { problem: 'must be a number in decimal digits' };
}
