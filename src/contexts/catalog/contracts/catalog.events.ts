import { DurableEvent } from '#kernel/domain';

/** A product is sold at another price from now on. Orders already placed keep the price they were placed at. */
@DurableEvent('catalog.price-changed', 1)
export class PriceChanged {
  constructor(
    readonly sku: string,
    /** Minor units of `currency`. */
    readonly unitPrice: number,
    readonly currency: string,
    /** Minor units of `previousCurrency`. */
    readonly previousUnitPrice: number,
    readonly previousCurrency: string,
  ) {}
}

/** A product is no longer for sale. It keeps its sku, name and price, since old orders name it. */
@DurableEvent('catalog.product-discontinued', 1)
export class ProductDiscontinued {
  constructor(readonly sku: string) {}
}

/** A discontinued product is for sale again. */
@DurableEvent('catalog.product-relisted', 1)
export class ProductRelisted {
  constructor(readonly sku: string) {}
}
