import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsDefined,
  IsInt,
  IsOptional,
  Matches,
  Max,
  Min,
  ValidateNested,
} from 'class-validator';
import { IsCurrency, IsDay, IsText } from '#kernel';
import { ADDRESS_LIMITS, SKU_PATTERN, type DeliveryAddress } from '#shared';
import type { PlaceOrder } from '#ordering/contracts';
import { assertCurrency } from './currency-rule.js';
import { CUSTOMER_ID } from './customer-row.js';
import { BadRow } from './row-reader.js';

const MOST_LINES = 100;
const MOST_UNITS = 100_000;

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
}

/** Where the goods went. */
export class ShipToRow {
  @IsText({ max: ADDRESS_LIMITS.name })
  name!: string;

  @IsText({ max: ADDRESS_LIMITS.street })
  street!: string;

  @IsText({ max: ADDRESS_LIMITS.city })
  city!: string;

  @IsOptional()
  @IsText({ max: ADDRESS_LIMITS.region })
  region?: string | null;

  @IsOptional()
  @IsText({ max: ADDRESS_LIMITS.postalCode })
  postalCode?: string | null;

  @IsText({ max: ADDRESS_LIMITS.country })
  country!: string;
}

/** A row of `orders.jsonl`. */
export class OrderRow {
  @IsText({ max: 64 })
  orderNumber!: string;

  @Matches(CUSTOMER_ID)
  customerId!: string;

  @IsDay()
  placedOn!: string;

  /** For fulfilment, like the next two; not taken in yet. */
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

  @IsDefined()
  @ValidateNested()
  @Type(() => ShipToRow)
  shipTo!: ShipToRow;

  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(MOST_LINES)
  @ValidateNested({ each: true })
  @Type(() => OrderLineRow)
  lines!: OrderLineRow[];
}

/** An order as it was placed in another system. */
export type TakenOverOrder = Pick<PlaceOrder, 'customerId' | 'placedAt'> & {
  readonly externalNumber: string;
  readonly lines: readonly Required<
    Pick<OrderLineRow, 'sku' | 'unitPrice' | 'quantity'> & { discountPercent: number }
  >[];
  readonly shippingFee: { readonly amount: number; readonly currency: string };
  readonly shipTo: DeliveryAddress;
};

/** @throws BadRow for what only shows when fields are looked at together. */
export function orderOf(row: OrderRow, now: Date): TakenOverOrder {
  const { orderNumber, customerId, placedOn, shippedOn, freight, currency, shipTo, lines } = row;
  assertCurrency(currency);
  const placedAt = `${placedOn}T00:00:00.000Z`;
  if (placedAt > now.toISOString()) throw new BadRow('placedOn is in the future');
  if (shippedOn && shippedOn < placedOn) throw new BadRow('shippedOn is before placedOn');
  const { name, street, city, region, postalCode, country } = shipTo;
  return {
    externalNumber: orderNumber,
    customerId,
    placedAt,
    shippingFee: { amount: freight ?? 0, currency },
    shipTo: { name, street, city, region: region ?? null, postalCode: postalCode ?? null, country },
    lines: lines.map(({ sku, unitPrice, quantity, discountPercent }) => {
      return { sku, unitPrice, quantity, discountPercent: discountPercent ?? 0 };
    }),
  };
}
