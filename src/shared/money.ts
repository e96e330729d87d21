import { exponentOf, isCurrency } from './currency.js';
import { addSafely, allocateByLargestRemainder, multiplySafely, percentOf } from './rounding.js';

/** Money as it stands in JSON: in messages, events and HTTP bodies. */
export interface MoneyJson {
  /** Minor units, such as cents: a safe integer. */
  readonly amount: number;
  /** ISO 4217. */
  readonly currency: string;
}

/** Two amounts of different currencies were to be added or compared. */
export class MixedCurrency extends RangeError {
  constructor(
    readonly left: string,
    readonly right: string,
  ) {
    super(`${left} and ${right} can't be mixed. Convert one of them first.`);
  }
}

/** An exact amount in minor units of one currency. Immutable; never a float; never adds up across currencies. */
export class Money implements MoneyJson {
  private constructor(
    readonly amount: number,
    readonly currency: string,
  ) {}

  /** @throws RangeError unless the amount is a safe integer and the currency one of ISO 4217. */
  static of(amount: number, currency: string): Money {
    if (!Number.isSafeInteger(amount))
      throw new RangeError(`${amount} is no count of minor units. Use a safe integer.`);
    exponentOf(currency);
    return new Money(amount === 0 ? 0 : amount, currency);
  }

  static zero(currency: string): Money {
    return Money.of(0, currency);
  }

  /** Whether a value from outside has the shape and range of money. */
  static isMoney(value: unknown): value is MoneyJson {
    const { amount, currency } = (value ?? {}) as Partial<MoneyJson>;
    return Number.isSafeInteger(amount) && isCurrency(currency);
  }

  /** @throws MixedCurrency, AmountTooLarge */
  plus(other: MoneyJson): Money {
    this.#assertSameCurrency(other);
    return Money.of(addSafely(this.amount, other.amount), this.currency);
  }

  /** @throws MixedCurrency, AmountTooLarge */
  minus(other: MoneyJson): Money {
    this.#assertSameCurrency(other);
    return Money.of(addSafely(this.amount, -other.amount), this.currency);
  }

  /** @throws AmountTooLarge */
  times(quantity: number): Money {
    return Money.of(multiplySafely(this.amount, quantity), this.currency);
  }

  /** The given whole percentage, rounded half to even. */
  percent(percent: number): Money {
    const share = percentOf(Math.abs(this.amount), percent);
    return Money.of(this.amount < 0 ? -share : share, this.currency);
  }

  /** Parts in proportion to the weights that sum to this amount to the unit (largest remainder). */
  allocate(weights: readonly number[]): Money[] {
    return allocateByLargestRemainder(this.amount, weights).map((part) => Money.of(part, this.currency));
  }

  equals(other: MoneyJson): boolean {
    return this.amount === other.amount && this.currency === other.currency;
  }

  /** Below 0 if this is less, above 0 if it is more. @throws MixedCurrency */
  compareTo(other: MoneyJson): number {
    this.#assertSameCurrency(other);
    return Math.sign(this.amount - other.amount);
  }

  toJSON(): MoneyJson {
    return { amount: this.amount, currency: this.currency };
  }

  /** For people and logs: `12.99 EUR`, `1299 JPY`, `1.299 KWD`. */
  toString(): string {
    const exponent = exponentOf(this.currency);
    const digits = String(Math.abs(this.amount)).padStart(exponent + 1, '0');
    const whole = digits.slice(0, digits.length - exponent);
    const decimals = exponent === 0 ? '' : `.${digits.slice(-exponent)}`;
    return `${this.amount < 0 ? '-' : ''}${whole}${decimals} ${this.currency}`;
  }

  #assertSameCurrency(other: MoneyJson): void {
    if (other.currency !== this.currency) throw new MixedCurrency(this.currency, other.currency);
  }
}
