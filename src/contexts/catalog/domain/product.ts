import { PriceChanged, ProductDiscontinued, ProductRelisted } from '../contracts/catalog.events.js';

/** What describes a product besides its price. */
export interface ProductTexts {
  readonly name: string;
  readonly category: string | null;
  readonly unit: string | null;
  readonly taxClass: string | null;
}

/** What new orders pay for one unit. */
export interface Price {
  /** Minor units of `currency`. */
  readonly unitPrice: number;
  readonly currency: string;
}

/** A product when it is first offered. */
export interface NewProduct extends ProductTexts, Price {
  readonly sku: string;
}

/** A product as it stands now. */
export interface Product extends NewProduct {
  readonly discontinued: boolean;
  /** Counts the edits from 1. */
  readonly version: number;
}

/** What may change in a product; a field that is left out stays as it is. */
export type ProductChanges = Partial<Omit<Product, 'sku' | 'version'>>;

/** The product with the changes, at the next version; the very same product where they change nothing. */
export function changed(product: Product, changes: ProductChanges): Product {
  const news = Object.entries(changes).filter(
    ([field, value]) => value !== undefined && value !== product[field as keyof Product],
  );
  return news.length === 0 ? product : { ...product, ...Object.fromEntries(news), version: product.version + 1 };
}

/** The events for other contexts when a product goes from one state to the next. Changed texts concern no other context. */
export function factsBetween(before: Product, after: Product): object[] {
  const facts: object[] = [];
  if (before.unitPrice !== after.unitPrice || before.currency !== after.currency) {
    facts.push(new PriceChanged(after.sku, after.unitPrice, after.currency, before.unitPrice, before.currency));
  }
  if (!before.discontinued && after.discontinued) facts.push(new ProductDiscontinued(after.sku));
  if (before.discontinued && !after.discontinued) facts.push(new ProductRelisted(after.sku));
  return facts;
}
