import { IsBoolean, IsDefined, IsOptional, Matches } from 'class-validator';
import { MoneyBody } from '#app';
import { Nested, IsText, ListQuery, SortBy, invalidInput, type Sort } from '#platform/http';
import { SKU_PATTERN, isCurrency, withdrawnIn } from '#shared';
import type { NewProduct, Price, Product, ProductTexts } from '../domain/product.js';

const TAX_CLASS = /^[A-Za-z0-9._-]{1,64}$/;

/** A new product. */
export class AddProductBody {
  @Matches(SKU_PATTERN)
  sku!: string;

  @IsText({ max: 200 })
  name!: string;

  @IsOptional()
  @IsText({ max: 100 })
  category?: string | null;

  /** How it is packed, such as "10 boxes x 30 bags". */
  @IsOptional()
  @IsText({ max: 100 })
  unit?: string | null;

  @IsOptional()
  @Matches(TAX_CLASS)
  taxClass?: string | null;

  @IsDefined()
  @Nested(() => MoneyBody)
  unitPrice!: MoneyBody;
}

/** Other texts for a product: what is left out stays, what is null is taken away (the name can't be). */
export class DescribeProductBody {
  @IsOptional()
  @IsText({ max: 200 })
  name?: string;

  @IsOptional()
  @IsText({ max: 100 })
  category?: string | null;

  @IsOptional()
  @IsText({ max: 100 })
  unit?: string | null;

  @IsOptional()
  @Matches(TAX_CLASS)
  taxClass?: string | null;
}

/** The price from now on. */
export class ChangePriceBody {
  @IsDefined()
  @Nested(() => MoneyBody)
  unitPrice!: MoneyBody;
}

/** Which products to list. */
export class FindProductsParams extends ListQuery {
  /** Words that all occur in the name or the sku, whatever their case and accents. */
  @IsOptional()
  @IsText({ max: 100 })
  q?: string;

  @IsOptional()
  @IsText({ max: 100 })
  category?: string;

  @IsOptional()
  @IsBoolean()
  discontinued?: boolean;

  @SortBy(['sku', 'name'], 'sku')
  sort!: Sort;
}

/** A product as the API shows it. */
export class ProductBody {
  sku!: string;
  name!: string;
  category!: string | null;
  unit!: string | null;
  taxClass!: string | null;
  unitPrice!: MoneyBody;
  discontinued!: boolean;
  version!: number;
}

export function productBody(product: Product): ProductBody {
  const { sku, name, category, unit, taxClass, unitPrice: amount, currency, discontinued, version } = product;
  return { sku, name, category, unit, taxClass, unitPrice: { amount, currency }, discontinued, version };
}

export function newProduct({ sku, name, category, unit, taxClass, unitPrice }: AddProductBody): NewProduct {
  const texts = { name, category: category ?? null, unit: unit ?? null, taxClass: taxClass ?? null };
  return { sku, ...texts, ...priceOf({ unitPrice }) };
}

/** @throws invalid input for a currency that is not in use, or doesn't exist: its minor unit would be unknown. */
export function priceOf({ unitPrice: { amount, currency } }: ChangePriceBody): Price {
  if (isCurrency(currency)) return { unitPrice: amount, currency };
  throw invalidInput(
    '/unitPrice/currency',
    'unknown-currency',
    `${whyNot(currency)} Use a current ISO 4217 code such as EUR.`,
  );
}

function whyNot(currency: string): string {
  const month = withdrawnIn(currency);
  return month === undefined ? 'Unknown currency.' : `The currency ${currency} was withdrawn in ${month}.`;
}

/** @throws invalid input where the name is taken away. */
export function textsOf({ name, category, unit, taxClass }: DescribeProductBody): Partial<ProductTexts> {
  if (name === null) throw invalidInput('/name', 'required', 'name cannot be null. Omit it to keep the current name.');
  return { name, category, unit, taxClass };
}
