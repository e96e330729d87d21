import { Client, type ClientConfig } from 'pg';

/**
 * pg's client with three holes closed. A connection that breaks while nobody is using it would end the process (an
 * `error` event without a listener), also while it is checked out. After a client-side time-out pg would reuse the
 * connection although the server may still be working for the statement given up. And a session that the server has
 * ended (FATAL) would be handed to the next borrower until its end arrives on the network. The latter two are destroyed.
 */
export class ResilientClient extends Client {
  /** False behind a pooler that mixes sessions up: there a statement prepared by name isn't found again. */
  protected readonly keepsStatementNames: boolean = true;

  constructor(config?: string | ClientConfig) {
    super(config);
    this.on('error', () => undefined);
  }

  override query: Client['query'] = ((...args: unknown[]): unknown => {
    const [first, ...rest] = args;
    const statement = this.keepsStatementNames ? first : withoutName(first);
    const result = (Client.prototype.query as (...given: unknown[]) => unknown).call(this, statement, ...rest);
    if (result instanceof Promise) result.catch((error: unknown) => this.#destroyIfLost(error));
    return result;
  }) as Client['query'];

  #destroyIfLost(error: unknown): void {
    const { message, severity } = error as { message?: string; severity?: string };
    if (message !== 'Query read timeout' && severity !== 'FATAL') return;
    const { connection } = this as unknown as { connection?: { stream?: { destroy(): void } } };
    connection?.stream?.destroy();
    // What the pool looks at when the connection is given back.
    Object.assign(this, { _queryable: false });
  }
}

/** For `DATABASE_STATEMENT_NAMES=false`. */
export class NamelessClient extends ResilientClient {
  protected override readonly keepsStatementNames = false;
}

function withoutName(statement: unknown): unknown {
  if (typeof statement !== 'object' || statement === null || !('name' in statement) || 'submit' in statement)
    return statement;
  return { ...statement, name: undefined };
}
