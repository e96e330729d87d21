import { Refusal } from '#kernel/domain';

/** A sku names one product for ever, also after that product is discontinued. */
export class SkuTaken extends Refusal {
  override readonly code = 'catalog.sku-taken';

  constructor(readonly sku: string) {
    super(`A product with the SKU ${sku} already exists. Update it, or choose another SKU.`);
  }
}
