import { ArrayMaxSize, ArrayMinSize, IsArray, IsDefined, IsInt, IsOptional, Matches, Max, Min } from 'class-validator';
import { IsCurrency, IsDay, IsInstant, IsText } from '#platform/http';
import { DeliveryAddressBody } from '#app';
import { completeDeliveryAddress, CUSTOMER_ID_PATTERN, SKU_PATTERN } from '#shared';
import type { RequestedLine, PlaceOrder } from '#ordering/contracts';
import { assertCurrencyOn } from './currency-rule.js';
import { BadRow } from './row-reader.js';
import { Nested } from '../../../platform/http/validation/input-class.js';

const MOST_LINES = 100;
const MOST_UNITS = 100_000;
const LONGEST_NOTE = 2_000;
/** `YYYY-MM-DD` */
const DAY_LENGTH = 10;
/** A day begins in UTC+14 first. */
const EARLIEST_ZONE_MS = 14 * 60 * 60 * 1_000;

/** One line of an order. */
export class OrderLineRow {
  @Matches(SKU_PATTERN)
  sku!: string;

  /** Minor units of the order's currency: what was paid then, whatever the product costs now. */
  @IsInt()
  @Min(0)
  @Max(Number.MAX_SAFE_INTEGER)
  unitPrice!: number;

  @IsInt()
  @Min(1)
  @Max(MOST_UNITS)
  quantity!: number;

  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(100)
  discountPercent?: number | null;

  /** What the product was called when it was sold; left out: what it is called now. */
  @IsOptional()
  @IsText({ max: 200 })
  name?: string | null;
}

/** A row of `orders.jsonl`. */
export class OrderRow {
  @IsText({ max: 64 })
  orderNumber!: string;

  @Matches(CUSTOMER_ID_PATTERN)
  customerId!: string;

  /** Needed unless there is a time. */
  @IsOptional()
  @IsDay()
  placedOn?: string | null;

  /** The time of day too. */
  @IsOptional()
  @IsInstant()
  placedAt?: string | null;

  /** For fulfilment, like the next two; not imported yet. */
  @IsOptional()
  @IsDay()
  requiredOn?: string | null;

  @IsOptional()
  @IsDay()
  shippedOn?: string | null;

  @IsOptional()
  @IsText({ max: 100 })
  carrier?: string | null;

  /** What delivery cost, in minor units of `currency`. */
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(Number.MAX_SAFE_INTEGER)
  freight?: number | null;

  @IsCurrency()
  currency!: string;

  /** Off the whole order, in minor units of `currency`. */
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(Number.MAX_SAFE_INTEGER)
  discount?: number | null;

  @IsDefined()
  @Nested(() => DeliveryAddressBody)
  shipTo!: DeliveryAddressBody;

  @IsOptional()
  @Nested(() => DeliveryAddressBody)
  billTo?: DeliveryAddressBody | null;

  /** The customer's note about the order. */
  @IsOptional()
  @IsText({ max: LONGEST_NOTE, lines: true })
  note?: string | null;

  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(MOST_LINES)
  @Nested(() => OrderLineRow)
  lines!: OrderLineRow[];
}

/** An order as it was placed in another system. */
export type ImportedOrder = Pick<PlaceOrder, 'customerId' | 'placedAt' | 'shipTo' | 'billTo' | 'note' | 'discount'> & {
  readonly externalNumber: string;
  readonly lines: readonly ImportedLine[];
  readonly shippingFee: { readonly amount: number; readonly currency: string };
};

type ImportedLine = Pick<RequestedLine, 'sku' | 'quantity' | 'name'> & {
  readonly unitPrice: number;
  readonly currency: string;
  readonly discountPercent: number;
};

/** @throws BadRow for what only shows when several fields are compared. */
export function orderOf(row: OrderRow, now: Date): ImportedOrder {
  const { orderNumber, customerId, freight, discount, currency, shipTo, billTo, note, lines } = row;
  const placedAt = placedAtOf(row, now);
  assertCurrencyOn(currency, placedAt);
  return {
    externalNumber: orderNumber,
    customerId,
    placedAt,
    shippingFee: { amount: freight ?? 0, currency },
    discount: discount ? { amount: discount, currency } : undefined,
    shipTo: completeDeliveryAddress(shipTo),
    billTo: billTo ? completeDeliveryAddress(billTo) : undefined,
    note: note ?? undefined,
    lines: lines.map((line) => lineOf(line, currency)),
  };
}

/** Old prices are in the currency of the order, whatever the product is priced in today. */
function lineOf({ sku, unitPrice, quantity, discountPercent, name }: OrderLineRow, currency: string): ImportedLine {
  return { sku, unitPrice, currency, quantity, discountPercent: discountPercent ?? 0, name: name ?? undefined };
}

/** The time, or midnight UTC where the file names the day alone. @throws BadRow */
function placedAtOf({ placedOn, placedAt, shippedOn }: OrderRow, now: Date): string {
  const day = placedOn ?? placedAt?.slice(0, DAY_LENGTH);
  if (day === undefined) throw new BadRow('placedOn is required, or placedAt');
  if (placedAt && !placedAt.startsWith(day)) throw new BadRow('placedOn and placedAt are different days');
  if (shippedOn && shippedOn < day) throw new BadRow('shippedOn is before placedOn');
  return placedAt ? pastTime(placedAt, now) : pastDay(day, now);
}

function pastTime(placedAt: string, now: Date): string {
  const time = new Date(placedAt);
  if (time > now) throw new BadRow('placedAt is in the future');
  return time.toISOString();
}

/** A shop east of Greenwich has orders of a day that hasn't begun in UTC. */
function pastDay(day: string, now: Date): string {
  const latest = new Date(now.getTime() + EARLIEST_ZONE_MS).toISOString();
  if (day > latest.slice(0, DAY_LENGTH)) throw new BadRow('placedOn is in the future');
  return `${day}T00:00:00.000Z`;
}
