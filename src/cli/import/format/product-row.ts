import { IsBoolean, IsInt, IsOptional, Matches, Max, Min } from 'class-validator';
import { IsCurrency, IsText } from '#platform/http';
import { SKU_PATTERN } from '#shared';
import type { ImportedProduct } from '#catalog/contracts';
import { assertCurrency } from './currency-rule.js';

/** A row of `products.json`. */
export class ProductRow {
  @Matches(SKU_PATTERN)
  sku!: string;

  @IsText({ max: 200 })
  name!: string;

  @IsOptional()
  @IsText({ max: 100 })
  category?: string | null;

  /** How it is packed. */
  @IsOptional()
  @IsText({ max: 100 })
  unit?: string | null;

  /** Minor units of `currency`. */
  @IsInt()
  @Min(0)
  @Max(Number.MAX_SAFE_INTEGER)
  unitPrice!: number;

  @IsCurrency()
  currency!: string;

  /** For fulfilment; not imported yet. */
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(Number.MAX_SAFE_INTEGER)
  unitsInStock?: number | null;

  /** For fulfilment; not imported yet. */
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(Number.MAX_SAFE_INTEGER)
  reorderPoint?: number | null;

  @IsOptional()
  @IsBoolean()
  discontinued?: boolean | null;
}

/** @throws BadRow */
export function productOf({
  sku,
  name,
  category,
  unit,
  unitPrice,
  currency,
  discontinued,
}: ProductRow): ImportedProduct {
  assertCurrency(currency);
  return { sku, name, category, unit, unitPrice, currency, discontinued: discontinued ?? undefined };
}
