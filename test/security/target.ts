import { Agent, request, type IncomingHttpHeaders } from 'node:http';
import type { Environment } from '#config';
import { freshDatabase, type FreshDatabase } from '#platform/testing';
import { withOwner } from '../../src/platform/database/prepare.js';
import { KillableServer } from '../support/processes.js';
import { Issuer, type Claims } from './issuer.js';
import { routesOf, type ApiRoute, type OpenApi } from './routes.js';

const PATIENCE_MS = 20_000;

export interface Sent {
  readonly token?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  /** A string goes out as it is, anything else as JSON. */
  readonly body?: unknown;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** Parsed, where it is JSON. */
  readonly body: Readonly<Record<string, unknown>>;
}

/** A whole server of the built program in a process of its own, on a database of its own, to be attacked over HTTP. */
export class Target {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 16 });
  readonly #tokens = new Map<string, Promise<string>>();
  #routes: readonly ApiRoute[] = [];
  #problems: ReadonlyMap<string, number> = new Map();

  private constructor(
    private readonly db: FreshDatabase,
    private readonly issuer: Issuer,
    private readonly server: KillableServer,
  ) {}

  static async start(specUrl: string, settings: Environment = {}): Promise<Target> {
    const db = await freshDatabase(specUrl);
    const issuer = await Issuer.start();
    const server = await KillableServer.on({ ...db.environment, RATE_LIMITS: 'off' });
    await server.start({ ...issuer.environment, ...settings });
    const target = new Target(db, issuer, server);
    const { text } = await target.ask('GET', '/openapi.json');
    target.#routes = routesOf(JSON.parse(text) as OpenApi);
    const { body } = await target.ask('GET', '/problems');
    const problems = body['data'] as readonly { readonly code: string; readonly status: number }[];
    target.#problems = new Map(problems.map(({ code, status }) => [code, status]));
    return target;
  }

  get url(): string {
    return this.server.url;
  }

  get port(): number {
    return Number(new URL(this.url).port);
  }

  get routes(): readonly ApiRoute[] {
    return this.#routes;
  }

  /** Codes of all registered problems, and their status. */
  get problems(): ReadonlyMap<string, number> {
    return this.#problems;
  }

  /** What the process has said; nothing of a client's doing is an error there. */
  get output(): string {
    return this.server.output;
  }

  get memoryMiB(): number {
    return this.server.memory / 2 ** 20;
  }

  /** @param claims `sub`, `roles`, `tenant` and whatever else */
  sign(...args: Parameters<Issuer['sign']>): Promise<string> {
    return this.issuer.sign(...args);
  }

  /** The token of a person or system; the same one each time. */
  token(sub: string, ...roles: readonly string[]): Promise<string> {
    return this.tokenOf({ sub, roles });
  }

  tokenOf(claims: Claims): Promise<string> {
    const name = JSON.stringify(claims);
    const token = this.#tokens.get(name) ?? this.issuer.sign(claims);
    this.#tokens.set(name, token);
    return token;
  }

  ask(method: string, path: string, { token, headers = {}, body }: Sent = {}): Promise<Answer> {
    const payload =
      body === undefined ? undefined : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
    const all = {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(payload === undefined ? {} : { 'content-type': 'application/json', 'content-length': payload.length }),
      ...headers,
    };
    return new Promise((resolve, reject) => {
      const options = { host: '127.0.0.1', port: this.port, method, path, headers: all, agent: this.#agent };
      const sent = request({ ...options, timeout: PATIENCE_MS }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (part: string) => (text += part));
        response.once('end', () =>
          resolve({ status: response.statusCode!, headers: response.headers, text, body: parsed(text) }),
        );
        response.once('error', reject);
      });
      sent.once('timeout', () => sent.destroy(new Error(`${method} ${path}: no answer in ${PATIENCE_MS} ms`)));
      sent.once('error', reject).end(payload);
    });
  }

  /** Names of the events that these requests led to; what the server does by itself meanwhile is not among them. */
  async eventsOf(answers: readonly Answer[]): Promise<string[]> {
    const correlations = answers.map(({ headers }) => headers['x-request-id']);
    const { rows } = await withOwner(this.db.url, (client) =>
      client.query<{ name: string }>("SELECT name FROM kernel.events WHERE meta->>'correlationId' = ANY ($1)", [
        correlations,
      ]),
    );
    return rows.map(({ name }) => name);
  }

  async stop(): Promise<void> {
    this.#agent.destroy();
    await this.server.stop();
    await this.issuer.stop();
    await this.db.drop();
  }
}

function parsed(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return {};
  }
}
