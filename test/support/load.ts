import { ClientLoad } from './client-load.js';
import type { Intent } from './ledger.js';

/** Share of answers that it asks for once more although it has them. */
const REPEATED = 0.05;

/**
 * Clients that want orders, one after the other, and don't give one up before they know what became of it: after any
 * error, and after answers that got lost, they ask again with the same idempotency key. All that they want and hear goes
 * into the ledger.
 */
export class OrderLoad extends ClientLoad {
  protected override async want(worker: number, count: number): Promise<void> {
    const { ledger, seed, prefix = '' } = this.options;
    const intent = this.#intent(`${prefix}order-${worker}-${count}`);
    const key = `${prefix}key-${worker}-${count}`;
    ledger.write({ at: performance.now(), kind: 'wanted', key, intent });
    await this.#ask(worker, key, intent);
    if (seed.chance(REPEATED)) await this.#ask(worker, key, intent);
  }

  #intent(name: string): Intent {
    const { seed, skus, customers } = this.options;
    const lines = Array.from({ length: seed.between(1, 4) }, () => ({
      sku: seed.oneOf(skus),
      unitPrice: seed.between(1, 5_000),
      quantity: seed.between(1, 20),
      discountPercent: seed.oneOf([0, 0, 5, 15, 50]),
    }));
    const placedAt = new Date(Date.UTC(2001, 0, seed.between(1, 90), seed.between(0, 23))).toISOString();
    return { name, customerId: seed.oneOf(customers), placedAt, lines, shipping: seed.between(0, 900) };
  }

  async #ask(worker: number, key: string, intent: Intent): Promise<void> {
    const { ledger, sendsKeys = true } = this.options;
    const wish = {
      method: 'POST',
      path: '/v1/orders',
      key: sendsKeys ? key : undefined,
      body: bodyOf(intent),
    } as const;
    const { status, body, token } = await this.client.ask(wish, worker);
    const at = performance.now();
    if (status !== 201) return ledger.write({ at, kind: 'refused', key, status, body });
    ledger.write({ at, kind: 'acknowledged', key, body });
    if (token !== undefined && this.options.seed.chance(this.options.readBack ?? 0))
      await this.#readBack(worker, key, { body, token });
  }

  /** What was acknowledged is looked for where another replica answers (G9). Faults of the read itself say nothing. */
  async #readBack(worker: number, key: string, answer: { body: string; token: string }): Promise<void> {
    const { id } = JSON.parse(answer.body) as { id: string };
    const read = await this.client.read(worker + 1, `/v1/orders/${id}/timeline`, answer.token);
    if (read === undefined || (read.status !== 200 && read.status !== 404)) return;
    const shown = read.status === 200 && (JSON.parse(read.body) as { data: unknown[] }).data.length > 0;
    const { consistency } = read;
    this.options.ledger.write({ at: performance.now(), kind: 'read', key, shown, consistency });
  }
}

function bodyOf({ name, customerId, placedAt, lines, shipping }: Intent): object {
  const shipTo = { name, street: '1 Long Row', city: 'Leeds', postalCode: 'LS1 1AA', country: 'GB' };
  return { customerId, placedAt, lines, shipTo, shippingFee: { amount: shipping, currency: 'EUR' } };
}
