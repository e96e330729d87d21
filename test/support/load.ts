import { Agent, request } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import type { Intent, Ledger } from './ledger.js';
import type { Seeded } from './seed.js';

export interface LoadOptions {
  readonly url: string;
  /** A service's: it may say when and at what price an order was placed. */
  readonly token: string;
  readonly ledger: Ledger;
  readonly seed: Seeded;
  readonly skus: readonly string[];
  readonly customers: readonly string[];
  /** Orders under way at once. */
  readonly connections: number;
  /** False only for controls: then a repeat is a new wish to the server. */
  readonly sendsKeys?: boolean;
  /** Share of answers that the client drops unread, as a broken network would, and asks for again. Default 0.05. */
  readonly dropped?: number;
}

const DROPPED = 0.05;
/** Share of answers that it asks for once more although it has them. */
const REPEATED = 0.05;
/** Between two tries while nobody listens: long enough not to starve the server's own start. */
const RETRY_MS = 20;
/** Longer than any command may take; what is silent for so long is asked again. */
const PATIENCE_MS = 20_000;

interface Answer {
  readonly status: number;
  readonly body: string;
}

/**
 * Clients that want orders, one after the other, and don't give one up before they know what became of it: after any
 * error, and after answers that got lost, they ask again with the same idempotency key. All that they want and hear goes
 * into the ledger.
 */
export class OrderLoad {
  readonly #agent = new Agent({ keepAlive: true });
  readonly #workers: Promise<void>[];
  #isStopping = false;

  private constructor(private readonly options: LoadOptions) {
    this.#workers = Array.from({ length: options.connections }, (_, index) => this.#work(index));
  }

  static start(options: LoadOptions): OrderLoad {
    return new OrderLoad(options);
  }

  /** Begins no more orders, and resolves when it is known what became of all that were begun. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    await Promise.all(this.#workers);
    this.#agent.destroy();
  }

  async #work(worker: number): Promise<void> {
    const { ledger, seed } = this.options;
    for (let count = 1; !this.#isStopping; count += 1) {
      const intent = this.#intent(`order-${worker}-${count}`);
      const key = `key-${worker}-${count}`;
      ledger.write({ at: performance.now(), kind: 'wanted', key, intent });
      await this.#ask(key, intent);
      if (seed.chance(REPEATED)) await this.#ask(key, intent);
    }
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

  /** Asks until there is an answer that says what became of the order. */
  async #ask(key: string, intent: Intent): Promise<void> {
    const { ledger, seed, dropped = DROPPED } = this.options;
    for (;;) {
      const answer = await this.#post(key, intent, seed.chance(dropped));
      const at = performance.now();
      if (answer?.status === 201) return ledger.write({ at, kind: 'acknowledged', key, body: answer.body });
      if (answer && !isPassing(answer)) {
        return ledger.write({ at, kind: 'refused', key, status: answer.status, body: answer.body });
      }
      if (answer === undefined || answer.status === 503) await pause(RETRY_MS);
    }
  }

  /** @returns undefined when there is no answer, or it was dropped. */
  #post(key: string, intent: Intent, dropsAnswer: boolean): Promise<Answer | undefined> {
    const body = JSON.stringify(bodyOf(intent));
    const { url, token, sendsKeys = true } = this.options;
    const headers = {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
      ...(sendsKeys ? { 'idempotency-key': key } : {}),
    };
    return new Promise((resolve) => {
      const sent = request(`${url}/v1/orders`, { method: 'POST', agent: this.#agent, headers, timeout: PATIENCE_MS });
      sent.once('timeout', () => sent.destroy());
      sent.once('error', () => resolve(undefined));
      sent.once('response', (response) => {
        if (dropsAnswer) {
          sent.destroy();
          return resolve(undefined);
        }
        let text = '';
        response.setEncoding('utf8').on('data', (part: string) => (text += part));
        response.once('end', () => resolve({ status: response.statusCode!, body: text }));
        response.once('error', () => resolve(undefined));
        response.once('close', () => resolve(undefined));
      });
      sent.end(body);
    });
  }
}

/** The answer tells nothing about the order yet: try again, with the same key. */
function isPassing({ status, body }: Answer): boolean {
  return status >= 500 || status === 429 || (status === 409 && body.includes('request-in-progress'));
}

function bodyOf({ name, customerId, placedAt, lines, shipping }: Intent): object {
  const shipTo = { name, street: '1 Long Row', city: 'Leeds', postalCode: 'LS1 1AA', country: 'GB' };
  return { customerId, placedAt, lines, shipTo, shippingFee: { amount: shipping, currency: 'EUR' } };
}
