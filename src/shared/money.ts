import { exponentOf } from './currency.js';

/** Money as it stands in JSON: in messages, events and HTTP bodies. */
export interface MoneyJson {
  /** Minor units, such as cents: a safe integer. */
  readonly amount: number;
  /** ISO 4217. */
  readonly currency: string;
}

/** For people: `12.99 EUR`, `1299 JPY`, `1.299 KWD`. @throws RangeError for an unknown currency or an amount that isn't exact. */
export function formatMoney({ amount, currency }: MoneyJson): string {
  if (!Number.isSafeInteger(amount)) throw new RangeError(`${amount} is no count of minor units. Use a safe integer.`);
  const exponent = exponentOf(currency);
  const digits = String(Math.abs(amount)).padStart(exponent + 1, '0');
  const whole = digits.slice(0, digits.length - exponent);
  const decimals = exponent === 0 ? '' : `.${digits.slice(-exponent)}`;
  return `${amount < 0 ? '-' : ''}${whole}${decimals} ${currency}`;
}
