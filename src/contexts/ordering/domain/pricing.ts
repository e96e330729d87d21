import {
  AmountTooLarge as Overflow,
  addSafely,
  allocateByLargestRemainder,
  isCurrencyOn,
  isQuantity,
  multiplySafely,
  percentOf,
  withdrawnIn,
} from '#shared';
import type { MoneyJson } from '#shared';
import {
  MAX_ORDER_AMOUNT,
  MAX_QUANTITY,
  type DraftLine,
  type OrderTotals,
  type PlacedLine,
  type Quote,
} from '../contracts/order-line.js';
import {
  AmountTooLarge,
  CurrencyMismatch,
  CurrencyWithdrawn,
  DiscountExceedsTotal,
  PriceChanged,
  QuantityInvalid,
  SkuUnavailable,
} from './order.refusals.js';

/** The product as the catalog has it now. */
export interface SellableProduct {
  readonly sku: string;
  readonly name: string;
  /** Minor units of `currency`. */
  readonly unitPrice: number;
  readonly currency: string;
  readonly taxClass: string | null;
  readonly discontinued: boolean;
}

/** A line that wants a price. */
export interface UnpricedLine {
  readonly lineId: string;
  readonly sku: string;
  readonly quantity: number;
  /** Agreed upon with staff. */
  readonly unitPrice?: number | undefined;
  /** Of the agreed price; left out: the product's. */
  readonly currency?: string | undefined;
  readonly discountPercent?: number | undefined;
  /** As it was sold; left out: the product's. */
  readonly name?: string | undefined;
}

/** What else moves the total, besides the lines. */
export interface Extras {
  readonly shippingFee?: MoneyJson | null | undefined;
  /** Discounts on the whole order. */
  readonly discounts?: readonly MoneyJson[] | undefined;
}

/** What a line comes to, in minor units. */
export interface LineAmounts {
  readonly gross: number;
  readonly discount: number;
  readonly total: number;
}

/** Gross, discount rounded half to even, and what is left. @throws AmountTooLarge */
export function amountsOf(line: { quantity: number; unitPrice: number; discountPercent: number }): LineAmounts {
  return countingSafely(() => {
    const gross = multiplySafely(line.unitPrice, line.quantity);
    const discount = percentOf(gross, line.discountPercent);
    return { gross, discount, total: gross - discount };
  });
}

/** Gives each line the catalog's name and price, unless others were agreed upon. @throws SkuUnavailable, QuantityInvalid */
export function priceLines(
  lines: readonly UnpricedLine[],
  products: readonly SellableProduct[],
  { maySellDiscontinued = false } = {},
): DraftLine[] {
  const bySku = new Map(products.map((product) => [product.sku, product]));
  const isForSale = ({ sku }: UnpricedLine): boolean => {
    const product = bySku.get(sku);
    return product !== undefined && (maySellDiscontinued || !product.discontinued);
  };
  const missing = lines.filter((line) => !isForSale(line));
  if (missing.length > 0) throw new SkuUnavailable([...new Set(missing.map(({ sku }) => sku))]);
  return lines.map((line) => priceLine(line, bySku.get(line.sku)!));
}

function priceLine(line: UnpricedLine, product: SellableProduct): DraftLine {
  const { lineId, sku, quantity, discountPercent = 0 } = line;
  assertQuantity(sku, quantity);
  const { taxClass } = product;
  const name = line.name ?? product.name;
  const isNegotiated = line.unitPrice !== undefined;
  const unitPrice = line.unitPrice ?? product.unitPrice;
  const currency = (isNegotiated ? line.currency : undefined) ?? product.currency;
  const priced = { lineId, sku, name, quantity, unitPrice, discountPercent, taxClass, currency };
  return { ...priced, isNegotiated, ...amountsOf(priced) };
}

/** @throws QuantityInvalid */
export function assertQuantity(sku: string, quantity: number): void {
  if (!isQuantity(quantity) || quantity > MAX_QUANTITY) throw new QuantityInvalid(sku, quantity);
}

/** @throws CurrencyMismatch unless all the currencies are one. */
export function assertOneCurrency(currencies: readonly string[]): void {
  const distinct = [...new Set(currencies)];
  if (distinct.length > 1) throw new CurrencyMismatch(distinct);
}

/** Old orders keep the currency of their day; new ones need one that is in use. @throws CurrencyWithdrawn */
export function assertInUse(currency: string, placedAt: string): void {
  const month = withdrawnIn(currency);
  if (month !== undefined && !isCurrencyOn(currency, placedAt)) throw new CurrencyWithdrawn(currency, month);
}

/**
 * Adds up lines, discounts, shipping and tax. Tax is zero until there are rates.
 *
 * @throws CurrencyMismatch, DiscountExceedsTotal, AmountTooLarge
 */
export function totalsOf(lines: readonly DraftLine[], { shippingFee, discounts = [] }: Extras): OrderTotals {
  const extras = [...(shippingFee ? [shippingFee] : []), ...discounts];
  assertOneCurrency([...lines, ...extras].map(({ currency }) => currency));
  return countingSafely(() => {
    const items = addSafely(...lines.map(({ gross }) => gross));
    const lineDiscounts = addSafely(...lines.map(({ discount }) => discount));
    const orderDiscount = sumOf(discounts);
    if (orderDiscount > items - lineDiscounts) throw new DiscountExceedsTotal(orderDiscount, items - lineDiscounts);
    const discount = lineDiscounts + orderDiscount;
    const [shipping, tax] = [shippingFee?.amount ?? 0, 0];
    if (addSafely(items, shipping, tax) > MAX_ORDER_AMOUNT) throw new AmountTooLarge();
    return { items, discount, shipping, tax, grand: addSafely(items - discount, shipping, tax) };
  });
}

/** What lines (at least one) and extras come to, ready to be placed. @throws as {@link totalsOf} */
export function quoteFor(lines: readonly DraftLine[], extras: Extras = {}): Quote {
  const totals = totalsOf(lines, extras);
  const { currency } = lines[0]!;
  const placedLines = spread(sumOf(extras.discounts ?? []), lines);
  return { currency, lines: placedLines, taxLines: [], totals, total: { amount: totals.grand, currency } };
}

function sumOf(amounts: readonly MoneyJson[]): number {
  return addSafely(...amounts.map(({ amount }) => amount));
}

/** Each line gets its share of the order's discount, so that a product's revenue is exact to the cent. */
function spread(orderDiscount: number, lines: readonly DraftLine[]): PlacedLine[] {
  const weights = lines.map(({ total }) => total);
  const shares = orderDiscount === 0 ? [] : allocateByLargestRemainder(orderDiscount, weights);
  return lines.map(({ currency: _currency, isNegotiated: _isNegotiated, ...line }, index) => ({
    ...line,
    orderDiscount: shares[index] ?? 0,
  }));
}

/** @throws CurrencyMismatch, PriceChanged when the customer was shown another total. */
export function assertExpected(quote: Quote, expectedTotal: MoneyJson | undefined): void {
  if (expectedTotal === undefined) return;
  assertOneCurrency([quote.currency, expectedTotal.currency]);
  if (expectedTotal.amount !== quote.totals.grand) throw new PriceChanged(quote);
}

function countingSafely<T>(count: () => T): T {
  try {
    return count();
  } catch (error) {
    throw error instanceof Overflow ? new AmountTooLarge() : error;
  }
}
