import { createServer, connect, type AddressInfo, type Server, type Socket } from 'node:net';

interface Link {
  readonly client: Socket;
  readonly server: Socket;
  /** What the client hears of the server's answers; undefined: everything. */
  fault: Fault | undefined;
}

/**
 * What becomes of a connection whose message was caught; the server gets the message in any case.
 * - `silence`: the client hears nothing more.
 * - `reset`: the client loses the connection when the server has answered.
 * - `cut`: the client loses the connection at once, while the server works on.
 */
export type Fault = 'silence' | 'reset' | 'cut';

/**
 * A line to a server that can be cut in the middle of a conversation: the server hears everything, and the client doesn't
 * hear the answer. That is what a lost COMMIT looks like.
 */
export class TcpProxy {
  readonly #links = new Set<Link>();
  #pattern: string | undefined;
  #fault: Fault = 'silence';
  #refusesNew = false;
  #isBlack = false;
  #caught: (() => void) | undefined;

  private constructor(
    private readonly listener: Server,
    private target: { host: string; port: number },
  ) {}

  static async to(target: { host: string; port: number }): Promise<TcpProxy> {
    const listener = createServer();
    const proxy = new TcpProxy(listener, target);
    listener.on('connection', (client) => proxy.#link(client));
    await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  /** The same URL by way of this proxy. */
  through(url: string): string {
    const changed = new URL(url);
    changed.hostname = '127.0.0.1';
    changed.port = String((this.listener.address() as AddressInfo).port);
    return changed.toString();
  }

  /**
   * Swallows what the server answers to the next message that contains the pattern.
   *
   * @returns resolves when such a message came by.
   */
  swallowAnswerTo(pattern: string, fault: Fault): Promise<void> {
    this.#pattern = pattern;
    this.#fault = fault;
    return new Promise((resolve) => (this.#caught = resolve));
  }

  /** No message is waited for any more. */
  swallowNothing(): void {
    this.#pattern = undefined;
  }

  /** Lets nobody in any more; connections stay. */
  refuseNew(isRefusing = true): void {
    this.#refusesNew = isRefusing;
  }

  /** Where new connections go from now on. */
  retarget(target: { host: string; port: number }): void {
    this.target = target;
  }

  /** Breaks every connection, on both sides. */
  cut(): void {
    for (const { client, server } of this.#links) {
      client.resetAndDestroy();
      server.destroy();
    }
  }

  /** Nothing comes through any more, in either direction, also on new connections; or all of it comes at last. */
  black(isBlack: boolean): void {
    this.#isBlack = isBlack;
    for (const { client, server } of this.#links) {
      for (const socket of [client, server])
        if (isBlack) socket.pause();
        else socket.resume();
    }
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.listener.close(resolve));
  }

  #link(client: Socket): void {
    if (this.#refusesNew) {
      client.destroy();
      return;
    }
    const link: Link = { client, server: connect(this.target), fault: undefined };
    this.#links.add(link);
    client.on('data', (data) => this.#forward(link, data));
    link.server.on('data', (data) => this.#answer(link, data));
    for (const socket of [client, link.server]) {
      socket.on('error', () => undefined);
      socket.on('close', () => this.#end(link));
    }
    if (this.#isBlack) for (const socket of [client, link.server]) socket.pause();
  }

  #forward(link: Link, data: Buffer): void {
    link.server.write(data);
    if (this.#pattern === undefined || !data.includes(this.#pattern)) return;
    this.#pattern = undefined;
    link.fault = this.#fault;
    if (link.fault === 'cut') link.client.resetAndDestroy();
    this.#caught?.();
  }

  #answer(link: Link, data: Buffer): void {
    if (link.fault === undefined) link.client.write(data);
    else if (link.fault === 'reset') link.client.resetAndDestroy();
  }

  #end(link: Link): void {
    link.client.destroy();
    if (link.fault === 'cut' && !link.server.destroyed) return;
    link.server.destroy();
    this.#links.delete(link);
  }
}
