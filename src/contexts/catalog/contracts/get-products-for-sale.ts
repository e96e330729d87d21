import { Query } from '@nestjs/cqrs';

/** What an order needs to know of a product at the moment it is priced. */
export interface ProductForSale {
  readonly sku: string;
  readonly name: string;
  /** Minor units of `currency`. */
  readonly unitPrice: number;
  readonly currency: string;
  readonly taxClass: string | null;
  readonly discontinued: boolean;
}

/**
 * The products with these skus as they stand now, discontinued ones included. Unknown skus are left out, and a sku that
 * is named twice comes back once. Inside a unit of work it reads on the write side, so an order may be decided on it.
 */
export class GetProductsForSaleQuery extends Query<ProductForSale[]> {
  readonly skus: readonly string[];

  constructor({ skus }: { readonly skus: readonly string[] }) {
    super();
    this.skus = skus;
  }
}
