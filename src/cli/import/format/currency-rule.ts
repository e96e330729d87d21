import { isCurrency } from '#shared';
import { BadRow } from './row-reader.js';

/** @throws BadRow for a code that doesn't exist: nobody could know its minor unit. */
export function assertCurrency(code: string): void {
  if (!isCurrency(code)) throw new BadRow(`currency must be a code of ISO 4217 like EUR; there is no ${String(code)}`);
}
