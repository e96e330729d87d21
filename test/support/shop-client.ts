import { randomUUID } from 'node:crypto';
import type { Shop } from './load-shop.js';

/** The headers of a response that tell how fresh it is. */
export interface Freshness {
  readonly status: number;
  /** For the next read: it must show what this one did. */
  readonly token: string | null;
  /** What the response lacks, where it lacks something. */
  readonly consistency: string | null;
}

/** Reads the list of orders, an async view, with the token of an earlier response; waits for it up to 5 s. */
export async function readOrders(url: string, { token }: Shop, earlier?: string | null): Promise<Freshness> {
  const headers = { authorization: `Bearer ${token}`, prefer: 'wait=5' };
  const seen = earlier ? { 'consistency-token': earlier } : undefined;
  const response = await fetch(`${url}/v1/orders`, { headers: { ...headers, ...seen } });
  await response.arrayBuffer();
  return {
    status: response.status,
    token: response.headers.get('consistency-token'),
    consistency: response.headers.get('consistency-status'),
  };
}

/** Somebody who puts one draft together. */
export class Drafter {
  #version = 1;

  private constructor(
    private readonly url: string,
    private readonly shop: Shop,
    private readonly id: string,
  ) {}

  static async start(url: string, shop: Shop): Promise<Drafter> {
    const { id } = await post<{ id: string }>(`${url}/v1/orders/drafts`, shop.token, { customerId: shop.customers[0] });
    return new Drafter(url, shop, id);
  }

  get stream(): string {
    return `ordering.order:${this.id}`;
  }

  async addLine(): Promise<void> {
    const ifMatch = { 'if-match': `"${this.#version}"` };
    await post(
      `${this.url}/v1/orders/${this.id}/lines`,
      this.shop.token,
      { sku: this.shop.skus[0], quantity: 1 },
      ifMatch,
    );
    this.#version += 1;
  }
}

/** Somebody who may change how a fleet runs. */
export class Operator {
  private constructor(
    private readonly url: string,
    private readonly token: string,
  ) {}

  static async at(url: string): Promise<Operator> {
    const { token } = await post<{ token: string }>(`${url}/v1/dev/tokens`, undefined, {
      subject: 'olga',
      roles: ['operator'],
    });
    return new Operator(url, token);
  }

  async repartition(subscription: string, partitions: number): Promise<void> {
    const reason = 'the rig changes the layout';
    const act = (what: string, body: object): Promise<unknown> =>
      post(`${this.url}/ops/v1/subscriptions/${subscription}/${what}`, this.token, { ...body, reason });
    await act('pause', {});
    await act('partitions', { partitions });
    await act('resume', {});
  }
}

async function post<T>(
  url: string,
  token: string | undefined,
  body: object,
  more: Readonly<Record<string, string>> = {},
): Promise<T> {
  const authorization: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const headers = { 'content-type': 'application/json', 'idempotency-key': randomUUID(), ...authorization, ...more };
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`POST ${url}: ${response.status} ${await response.text()}`);
  return (await response.json()) as T;
}
