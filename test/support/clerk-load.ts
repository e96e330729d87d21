import { ClientLoad } from './client-load.js';
import { PRICED_SKU } from './load-shop.js';

/** Somebody who changes a price all the time: a CRUD route, whose event has its id before its transaction commits. */
export class ClerkLoad extends ClientLoad {
  /** Goes from one replica to the next. */
  protected override async want(worker: number, count: number): Promise<void> {
    const { prefix = '', seed, ledger } = this.options;
    const key = `${prefix}price-${worker}-${count}`;
    const body = { unitPrice: { amount: seed.between(1, 1_000_000), currency: 'EUR' } };
    const wish = { method: 'POST', path: `/v1/products/${PRICED_SKU}/prices`, key, body } as const;
    const { status, body: said } = await this.client.ask(wish, worker + count);
    const at = performance.now();
    if (status !== 200) return ledger.write({ at, kind: 'refused', key, status, body: said });
    // The product was added without an event, as its version 1.
    const version = (JSON.parse(said) as { version: number }).version - 1;
    const step = { stream: `catalog.product:${PRICED_SKU}`, event: 'catalog.price-changed', version };
    ledger.write({ at, kind: 'step', key, step });
  }
}
