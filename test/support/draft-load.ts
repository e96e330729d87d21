import { ClientLoad } from './client-load.js';
import type { Ledger } from './ledger.js';
import type { PersistentClient, Wish } from './persistent-client.js';

/** What a draft is asked for, and the event that each wish becomes. */
const EVENTS = {
  started: 'ordering.order-started',
  line: 'ordering.line-added',
  delivery: 'ordering.delivery-set',
  placed: 'ordering.order-placed',
  discarded: 'ordering.order-discarded',
} as const;

/**
 * Clients that put drafts together step by step, and place, discard or forget them: streams with several events, where
 * order matters. Whatever is acknowledged goes into the ledger.
 */
export class DraftLoad extends ClientLoad {
  protected override async want(worker: number, count: number): Promise<void> {
    const { seed, customers, skus, ledger, prefix = '' } = this.options;
    const draft = new Draft(this.client, ledger, { worker, key: `${prefix}draft-${worker}-${count}` });
    await draft.start(seed.oneOf(customers));
    for (let line = seed.between(1, 3); line > 0; line -= 1) await draft.addLine(seed.oneOf(skus), seed.between(1, 9));
    if (seed.chance(0.3)) return;
    if (seed.chance(0.3)) await draft.discard();
    else await draft.place();
  }
}

/** One draft, as its client knows it. */
class Draft {
  #id = '';
  #version = 0;
  #step = 0;

  constructor(
    private readonly client: PersistentClient,
    private readonly ledger: Ledger,
    private readonly by: { readonly worker: number; readonly key: string },
  ) {}

  async start(customerId: string): Promise<void> {
    await this.#ask('started', { method: 'POST', path: 'drafts', body: { customerId } });
  }

  async addLine(sku: string, quantity: number): Promise<void> {
    await this.#ask('line', { method: 'POST', path: `${this.#id}/lines`, body: { sku, quantity } });
  }

  async place(): Promise<void> {
    const shipTo = { name: this.by.key, street: '1 Long Row', city: 'Leeds', postalCode: 'LS1 1AA', country: 'GB' };
    const shippingFee = { amount: 250, currency: 'EUR' };
    await this.#ask('delivery', { method: 'PUT', path: `${this.#id}/delivery`, body: { shipTo, shippingFee } });
    await this.#ask('placed', { method: 'POST', path: `${this.#id}/place`, body: {} });
  }

  async discard(): Promise<void> {
    await this.#ask('discarded', { method: 'DELETE', path: this.#id });
  }

  async #ask(step: keyof typeof EVENTS, wish: Pick<Wish, 'method' | 'path' | 'body'>): Promise<void> {
    this.#step += 1;
    const key = `${this.by.key}-${this.#step}`;
    const ifMatch = this.#version === 0 ? {} : { ifMatch: this.#version };
    const asked = { ...wish, ...ifMatch, path: `/v1/orders/${wish.path}`, key };
    const { status, body } = await this.client.ask(asked, this.by.worker);
    const at = performance.now();
    if (status >= 300) {
      this.ledger.write({ at, kind: 'refused', key, status, body });
      return;
    }
    const answer = (body === '' ? {} : JSON.parse(body)) as { id?: string; version?: number };
    this.#id = answer.id ?? this.#id;
    this.#version = answer.version ?? this.#version + 1;
    this.ledger.write({
      at,
      kind: 'step',
      key,
      step: { stream: `ordering.order:${this.#id}`, event: EVENTS[step], version: this.#version },
    });
  }
}
