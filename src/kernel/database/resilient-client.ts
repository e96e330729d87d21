import { Client, type ClientConfig } from 'pg';

/**
 * pg's client with two holes closed. A connection that breaks while nobody is using it would end the process
 * (an `error` event without a listener), also while it is checked out. And after a client-side time-out pg would reuse
 * the connection although the server may still be working for the statement given up: here it is destroyed.
 */
export class ResilientClient extends Client {
  constructor(config?: string | ClientConfig) {
    super(config);
    this.on('error', () => undefined);
  }

  override query: Client['query'] = ((...args: unknown[]): unknown => {
    const result = (Client.prototype.query as (...given: unknown[]) => unknown).apply(this, args);
    if (result instanceof Promise) result.catch((error: unknown) => this.#destroyAfterTimeout(error));
    return result;
  }) as Client['query'];

  #destroyAfterTimeout(error: unknown): void {
    if (!(error instanceof Error) || error.message !== 'Query read timeout') return;
    const { connection } = this as unknown as { connection?: { stream?: { destroy(): void } } };
    connection?.stream?.destroy();
  }
}
