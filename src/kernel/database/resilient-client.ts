import { Client, type ClientConfig } from 'pg';
import { isStalePlan, ofOwnConnection } from './errors.js';

/**
 * pg's client with four defects fixed. A connection that breaks while no caller uses it would end the process (an
 * `error` event without a listener), also while it is checked out. After a client-side time-out pg would reuse the
 * connection although the server may still be working for the statement given up. And a session that the server has
 * ended (FATAL) would be handed to the next borrower until its end arrives on the network. A prepared statement that its
 * session can't execute any more, because the schema has changed, would fail for every next borrower. The latter three are destroyed.
 */
export class ResilientClient extends Client {
  /** False behind a pooler that mixes sessions up: there a statement prepared by name isn't found again. */
  protected readonly preservesPreparedStatements: boolean = true;

  constructor(config?: string | ClientConfig) {
    super(config);
    this.on('error', () => undefined);
  }

  override query: Client['query'] = ((...args: unknown[]): unknown => {
    const [first, ...rest] = args.map((argument) =>
      typeof argument === 'function' ? notingErrors(argument as Done) : argument,
    );
    const statement = this.preservesPreparedStatements ? first : withoutName(first);
    const result = (Client.prototype.query as (...given: unknown[]) => unknown).call(this, statement, ...rest);
    if (result instanceof Promise) result.catch((error: unknown) => this.#destroyIfLost(ofOwnConnection(error)));
    return result;
  }) as Client['query'];

  #destroyIfLost(error: unknown): void {
    const { message, severity } = error as { message?: string; severity?: string };
    if (message !== 'Query read timeout' && severity !== 'FATAL' && !isStalePlan(error)) return;
    breakConnection(this);
  }
}

/** Ends a connection at once, whatever it is used for: a query under way fails, and the pool removes it. */
export function breakConnection(client: object): void {
  const { connection } = client as { connection?: { stream?: { destroy(): void } } };
  connection?.stream?.destroy();
  // What the pool checks when the connection is given back.
  Object.assign(client, { _queryable: false });
}

/** For `DATABASE_STATEMENT_NAMES=false`. */
export class UnnamedStatementClient extends ResilientClient {
  protected override readonly preservesPreparedStatements = false;
}

type Done = (error: unknown, ...rest: unknown[]) => void;

function notingErrors(done: Done): Done {
  return (error, ...rest) => done(ofOwnConnection(error), ...rest);
}

function withoutName(statement: unknown): unknown {
  if (typeof statement !== 'object' || statement === null || !('name' in statement) || 'submit' in statement)
    return statement;
  return { ...statement, name: undefined };
}
