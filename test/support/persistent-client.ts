import { Agent, request } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';

/** Between two tries while nobody answers: long enough not to starve a server's own start. */
const RETRY_MS = 20;

export interface Wish {
  readonly method: 'POST' | 'PUT' | 'DELETE' | 'GET';
  readonly path: string;
  /** Undefined only for controls: then a repeat is a new wish to the server. */
  readonly key: string | undefined;
  readonly body?: object;
  readonly ifMatch?: number;
  /** Of an earlier answer, which a read must show. */
  readonly token?: string | undefined;
}

export interface Answer {
  readonly status: number;
  readonly body: string;
  /** For the next read: it shows what this answer says. */
  readonly token: string | undefined;
  /** What the answer lacks, if it says so. */
  readonly consistency: string | undefined;
}

type Headers = Readonly<Record<string, string | undefined>>;

export interface ClientOptions {
  /** Replicas; a client that gets no answer from one asks the next. */
  readonly urls: readonly string[];
  readonly token: string;
  /** Whether the next answer is to be dropped unread. */
  readonly drops: () => boolean;
  /** What stays silent for so long is asked again. */
  readonly patienceMs: number;
  /** Told of every answer 5xx, and of requests without any answer (0). */
  readonly onFailure?: (status: number) => void;
}

/** A client that doesn't give a wish up before it knows what became of it, with the same idempotency key each time. */
export class PersistentClient {
  readonly #agent = new Agent({ keepAlive: true });

  constructor(private readonly options: ClientOptions) {}

  close(): void {
    this.#agent.destroy();
  }

  /** Asks until there is an answer that says what became of it. */
  async ask(wish: Wish, first: number): Promise<Answer> {
    const { urls, drops } = this.options;
    for (let attempt = first; ; attempt += 1) {
      const answer = await this.#send(urls[attempt % urls.length]!, wish, drops());
      if (answer !== undefined && !isPassing(answer)) return answer;
      await pause(RETRY_MS);
    }
  }

  /** Asks one replica once. @returns undefined when there is no answer */
  read(replica: number, path: string, token: string): Promise<Answer | undefined> {
    const { urls } = this.options;
    return this.#send(urls[replica % urls.length]!, { method: 'GET', path, key: undefined, token }, false);
  }

  /** @returns undefined when there is no answer, or it was dropped. */
  #send(url: string, wish: Wish, dropsAnswer: boolean): Promise<Answer | undefined> {
    const body = wish.body === undefined ? '' : JSON.stringify(wish.body);
    const headers = {
      authorization: `Bearer ${this.options.token}`,
      ...(wish.key === undefined ? {} : { 'idempotency-key': wish.key }),
      ...(body ? { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) } : {}),
      ...(wish.token === undefined ? {} : { 'consistency-token': wish.token, prefer: 'wait=2' }),
      ...(wish.ifMatch === undefined ? {} : { 'if-match': `"${wish.ifMatch}"` }),
    };
    const { method, path } = wish;
    return new Promise<Answer | undefined | 'dropped'>((resolve) => {
      const timeout = this.options.patienceMs;
      const sent = request(`${url}${path}`, { method, agent: this.#agent, headers, timeout });
      sent.once('timeout', () => sent.destroy());
      sent.once('error', () => resolve(undefined));
      sent.once('response', (response) => {
        if (dropsAnswer) {
          sent.destroy();
          return resolve('dropped');
        }
        let text = '';
        response.setEncoding('utf8').on('data', (part: string) => (text += part));
        const { 'consistency-token': token, 'consistency-status': consistency } = response.headers as Headers;
        response.once('end', () => resolve({ status: response.statusCode!, body: text, token, consistency }));
        response.once('error', () => resolve(undefined));
        response.once('close', () => resolve(undefined));
      });
      sent.end(body);
    }).then((answer) => {
      if (answer === 'dropped') return undefined;
      const status = answer?.status ?? 0;
      if (status === 0 || status >= 500) this.options.onFailure?.(status);
      return answer;
    });
  }
}

/** The answer tells nothing about the wish yet: try again, with the same key. */
function isPassing({ status, body }: Answer): boolean {
  if (status === 409) return body.includes('request-in-progress') || body.includes('concurrency-conflict');
  return status >= 500 || status === 429;
}
