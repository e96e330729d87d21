import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { boundPieces } from './body-pieces.js';
import { interceptRequests } from './intercept-requests.js';

export interface ConnectionSettings {
  readonly maxConnections: number;
  /** Requests of one connection that may be without an answer at the same time. */
  readonly maxPipelined: number;
  /** How long a finished answer may wait for its reader. */
  readonly responseTimeoutMs: number;
  readonly connectionsCheckMs: number;
}

export interface Refusals {
  /** Answers a request that no handler gets to see, and closes its connection. */
  request(response: ServerResponse, code: 'rate-limited'): void;
  /** The same as bytes, for where nothing but the socket is left. */
  raw(code: 'payload-too-large'): string;
}

/**
 * Requests that may still arrive on a connection that is being closed. Node parses a whole chunk of 64 KiB before a caller can
 * stop it, which holds up to 3,640 of the shortest requests; whoever sends more than that is disconnected at once.
 */
const MAX_DROPPED = 5_000;

class Connection {
  /** In the order of their requests, which is the order that Node writes them in. */
  readonly unanswered = new Set<ServerResponse>();
  isClosing = false;
  dropped = 0;
  /** Written last, once every request before it has its response. */
  finalResponse: string | undefined;
  /** The response to the request that came last. */
  newest: ServerResponse | undefined;
  unread: { readonly response: ServerResponse; readonly sinceMs: number } | undefined;

  /** Whether a handler works on a request that has arrived completely. */
  get isWorkedOn(): boolean {
    for (const response of this.unanswered) if (response.req.complete && !response.writableEnded) return true;
    return false;
  }

  /** Whether a request that has arrived completely still waits for its response. */
  get hasPendingRequest(): boolean {
    for (const { req } of this.unanswered) if (req.complete) return true;
    return false;
  }
}

/**
 * Bounds what one connection, and all connections together, can take of the process before any other limit applies:
 *
 * - Pipelined requests: Node starts every request of a chunk before the first answer is written, so that one packet could start
 *   thousands. Beyond `maxPipelined` without an answer one more is refused, the rest are dropped, and the connection is closed.
 * - Bodies in tiny pieces: each costs Node some microseconds, however few bytes it has. See {@link boundPieces}; beyond its limit
 *   the request is refused, and the connection closed.
 * - Unread answers: they keep memory, and the places of their requests. After `responseTimeoutMs` the connection
 *   is closed.
 * - The number of connections: at `maxConnections` a new one replaces the one that was unused for longest, so that a health
 *   probe is answered whoever holds the others. A connection counts as unused unless a handler works on its request: idle,
 *   still sending, and not reading its answer are all the same here. Handlers at work are bounded by the admission.
 *
 * A request and its answer each move their connection to the end of the map, so its order is that of their last use.
 */
export class ConnectionLimits {
  readonly #connections = new Map<Socket, Connection>();

  constructor(
    private readonly settings: ConnectionSettings,
    private readonly refusals: Refusals,
  ) {}

  /** Call it once the server has its request handlers. */
  install(server: Server): void {
    interceptRequests(server, (request, response) => this.#admit(request, response));
    server.on('connection', (socket: Socket) => this.#open(socket));
    const check = setInterval(() => this.#closeUnread(), this.settings.connectionsCheckMs).unref();
    server.once('close', () => clearInterval(check));
  }

  #open(socket: Socket): void {
    if (this.#connections.size >= this.settings.maxConnections && !this.#closeOne()) {
      socket.destroy();
      return;
    }
    const connection = new Connection();
    this.#connections.set(socket, connection);
    // That a peer resets its connection is no fault of this process. Node listens too, but not on what it takes for a tunnel.
    socket.on('error', () => undefined);
    socket.once('close', () => {
      this.#connections.delete(socket);
      closeAll(connection.unanswered);
    });
  }

  /**
   * Ends a connection on which nothing more can be understood: with `response`, after the responses to the requests before it.
   * What still arrives is dropped.
   */
  end(socket: Socket, response: string): void {
    const connection = this.#connections.get(socket);
    if (connection === undefined) return void socket.destroy();
    connection.isClosing = true;
    connection.finalResponse ??= response;
    // Node's parser reads the socket by itself, and would go on with whatever still arrives.
    socket.pause();
    endAfterResponses(socket, connection);
  }

  /** @returns false when a handler works on a request of every connection. */
  #closeOne(): boolean {
    for (const [socket, connection] of this.#connections) {
      if (connection.isWorkedOn) continue;
      this.#connections.delete(socket);
      socket.destroy();
      return true;
    }
    return false;
  }

  #admit(request: IncomingMessage, response: ServerResponse): boolean {
    const { socket } = request;
    const connection = this.#connections.get(socket);
    // Closed to make room, with requests of its last chunk still being parsed.
    if (connection === undefined) return false;
    if (connection.isClosing) {
      connection.dropped += 1;
      if (connection.dropped > MAX_DROPPED) socket.destroy();
      return false;
    }
    const { unanswered } = connection;
    const isAdmitted = unanswered.size < this.settings.maxPipelined;
    unanswered.add(response);
    connection.newest = response;
    this.#used(socket, connection);
    response.once('close', () => {
      unanswered.delete(response);
      this.#used(socket, connection);
      endAfterResponses(socket, connection);
    });
    boundPieces(request, () => this.end(socket, this.refusals.raw('payload-too-large')));
    if (isAdmitted) return true;
    connection.isClosing = true;
    this.refusals.request(response, 'rate-limited');
    return false;
  }

  #used(socket: Socket, connection: Connection): void {
    if (this.#connections.delete(socket)) this.#connections.set(socket, connection);
  }

  #closeUnread(): void {
    const nowMs = performance.now();
    for (const [socket, connection] of this.#connections) {
      const [first] = connection.unanswered;
      if (first === undefined || !first.writableEnded) connection.unread = undefined;
      else if (connection.unread?.response !== first) connection.unread = { response: first, sinceMs: nowMs };
      else if (nowMs - connection.unread.sinceMs >= this.settings.responseTimeoutMs) socket.destroy();
    }
  }
}

/**
 * Node closes the answer that is being written when its connection goes, but not those behind it: whoever waits for their end,
 * as the places of their requests do, would wait for ever.
 */
function closeAll(unanswered: ReadonlySet<ServerResponse>): void {
  for (const response of unanswered) {
    response.destroy();
    response.emit('close');
  }
}

function endAfterResponses(socket: Socket, connection: Connection): void {
  const { finalResponse, newest } = connection;
  if (finalResponse === undefined || socket.destroyed || connection.hasPendingRequest) return;
  // A request that is broken in its body may have been answered before that was seen, as 401 is.
  const hasResponse = newest?.req.complete === false && newest.headersSent;
  if (socket.writable && !hasResponse) socket.write(finalResponse);
  socket.destroySoon();
}
