import { Refusal } from '#kernel/domain';

/** A sku names one product for ever, also after that product is discontinued. */
export class SkuTaken extends Refusal {
  override readonly code = 'catalog.sku-taken';

  constructor(readonly sku: string) {
    super(`There is a product with the sku ${sku} already. Change that one, or choose another sku.`);
  }
}
