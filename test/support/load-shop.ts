import type { Environment } from '#config';
import { violationsOfLedger } from './ledger-check.js';
import { readFacts, settled, type Facts } from './ledger-facts.js';
import { violationsAtRest } from './ledger-rest.js';
import { Ledger } from './ledger.js';
import type { LoadOptions } from './client-load.js';
import { OrderLoad } from './load.js';
import { KillableServer } from './processes.js';
import type { Seeded } from './seed.js';

const SKUS = ['TEE', 'MUG', 'CAP', 'PEN'];
/** Nobody orders it; its price changes. */
export const PRICED_SKU = 'BAG';
const CUSTOMERS = ['ada', 'bob', 'cyd'];
const CONNECTIONS = 8;

/** Goods, customers, and a token of a service that orders for them. */
export type Shop = Pick<LoadOptions, 'token' | 'skus' | 'customers'>;

/** Fills a server that has just been started. */
export async function openShop(url: string): Promise<Shop> {
  const { token } = await post<{ token: string }>(url, 'dev/tokens', { subject: 'shop', roles: ['service'] });
  for (const sku of [...SKUS, PRICED_SKU]) {
    await post(url, 'products', { sku, name: `A ${sku}`, unitPrice: { amount: 1_000, currency: 'EUR' } }, token);
  }
  for (const customerId of CUSTOMERS) await post(url, 'customers', { customerId, name: customerId }, token);
  return { token, skus: SKUS, customers: CUSTOMERS };
}

/** What a run under faults has come to. */
export interface Verdict {
  readonly violations: readonly string[];
  readonly facts: Facts;
  readonly orders: number;
  /** Acknowledgements, repeats included. */
  readonly acknowledged: number;
}

/** A shop whose server is a real process, with goods, customers, clients that order, and the ledger of what they heard. */
export class ShopUnderLoad {
  readonly ledger = new Ledger();

  private constructor(
    readonly server: KillableServer,
    private readonly ownerUrl: string,
    private readonly token: string,
  ) {}

  /** @param environment of a database that nobody else uses; DATABASE_URL is its owner's. */
  static async open(environment: Environment): Promise<ShopUnderLoad> {
    const server = await KillableServer.on(environment);
    await server.start();
    const { token } = await openShop(server.url);
    return new ShopUnderLoad(server, environment['DATABASE_URL']!, token);
  }

  startLoad(seed: Seeded, options: Partial<LoadOptions> = {}): OrderLoad {
    const { ledger, token } = this;
    const all = {
      urls: [this.server.url],
      token,
      ledger,
      seed,
      skus: SKUS,
      customers: CUSTOMERS,
      connections: CONNECTIONS,
    };
    return OrderLoad.start({ ...all, ...options });
  }

  /** Once everything is folded: what is wrong. The load has ended. */
  async verdict(): Promise<Verdict> {
    await settled(this.ownerUrl);
    const facts = await readFacts(this.ownerUrl);
    const entries = this.ledger.read();
    return {
      violations: [...violationsOfLedger(entries, facts), ...violationsAtRest(facts)],
      facts,
      orders: facts.events.filter(({ name }) => name === 'ordering.order-placed').length,
      acknowledged: this.ledger.acknowledged,
    };
  }

  async close(): Promise<void> {
    await this.server.stop();
    this.ledger.discard();
  }
}

async function post<T>(url: string, path: string, body: object, token?: string): Promise<T> {
  const headers = { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) };
  const answer = await fetch(`${url}/v1/${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
  if (answer.status !== 201) throw new Error(`POST ${path}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as T;
}
