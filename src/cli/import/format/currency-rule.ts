import { isCurrency, isCurrencyOn, withdrawnIn } from '#shared';
import { BadRow } from './row-reader.js';

/** @throws BadRow for a code that doesn't exist, so that its minor unit is unknown, or that is no longer in use. */
export function assertCurrency(code: string): void {
  if (isCurrency(code)) return;
  throw noCurrency(code, 'prices of new orders need a current currency such as EUR');
}

/** @throws BadRow for a code that didn't exist, or was withdrawn before the day. */
export function assertCurrencyOn(code: string, day: string): void {
  if (isCurrencyOn(code, day)) return;
  throw noCurrency(code, 'the order was placed later');
}

function noCurrency(code: string, whyNotWithdrawn: string): BadRow {
  const month = withdrawnIn(code);
  if (month === undefined) return new BadRow(`currency must be an ISO 4217 code like EUR; ${code} is unknown`);
  return new BadRow(`currency ${code} was withdrawn in ${month}; ${whyNotWithdrawn}`);
}
