import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { parseJsonBody } from '../body/json-body.js';
import { ProblemError } from '../problems/problem-error.js';
import type { ProblemResponder } from '../problems/problem-responder.js';
import { codeOfClientError, rawProblem, refuseRequest, type ClientError } from '../problems/refused-connection.js';
import { parseQueryString } from '../validation/query-string.js';
import { ConnectionLimits } from './connection-limits.js';
import type { HttpSettings } from './http-settings.js';
import { interceptRequests } from './intercept-requests.js';
import { publicUrlOf } from './public-url.js';
import { problemOfRequestLine } from './request-line.js';

const KIB = 1_024;
const MAX_HEADER_BYTES = 16 * KIB;
const MAX_PARAM_LENGTH = 400;
const METHODS_WITH_COMMANDS = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);

/**
 * Nest's Fastify adapter with limits on sizes and times, strict JSON, and problems instead of Fastify's and Node's own error
 * bodies. Whatever goes wrong before a controller is reached is answered here as everything else is.
 */
export class ProblemFastifyAdapter extends FastifyAdapter {
  #replies: ProblemResponder | undefined;
  readonly #connections: ConnectionLimits;

  constructor(private readonly settings: HttpSettings) {
    const { http } = settings;
    super({
      bodyLimit: http.smallBodyLimitBytes,
      requestTimeout: http.requestTimeoutMs,
      keepAliveTimeout: http.keepAliveTimeoutMs,
      forceCloseConnections: 'idle',
      return503OnClosing: false,
      trustProxy: http.trustProxy.length > 0 ? [...http.trustProxy] : false,
      http: {
        headersTimeout: http.headersTimeoutMs,
        connectionsCheckingInterval: http.connectionsCheckMs,
        maxHeaderSize: MAX_HEADER_BYTES,
        requireHostHeader: false,
      },
      routerOptions: {
        caseSensitive: true,
        ignoreTrailingSlash: false,
        ignoreDuplicateSlashes: false,
        maxParamLength: MAX_PARAM_LENGTH,
        querystringParser: (text) => parseQueryString(text) as never,
      },
      clientErrorHandler: (error: NodeJS.ErrnoException, socket: Duplex) =>
        this.#refuseConnection(error, socket as Socket),
      frameworkErrors: (error: unknown, request: FastifyRequest, reply: FastifyReply) =>
        this.#refuse(error, request, reply),
    });
    this.#readJson();
    this.#limitBodies(settings);
    this.#connections = this.#limitConnections(settings);
    this.#refuseTunnels();
  }

  get #publicUrl(): string {
    return publicUrlOf(this.settings, this.getHttpServer());
  }

  /** Called once the application exists, which the answers need. */
  answerWith(replies: ProblemResponder): void {
    this.#replies = replies;
  }

  /** Nest would install handlers with bodies of its own. */
  override setErrorHandler(): ReturnType<FastifyAdapter['setErrorHandler']> {
    return this.getInstance().setErrorHandler((error, request, reply) => this.#refuse(error, request, reply)) as never;
  }

  override setNotFoundHandler(): ReturnType<FastifyAdapter['setNotFoundHandler']> {
    return this.getInstance().setNotFoundHandler((request, reply) =>
      this.#refuse(new ProblemError('not-found', 'Path not found. Check the URL.'), request, reply),
    ) as never;
  }

  /** What never became a request: Node's `clientError`. */
  #refuseConnection(error: ClientError, socket: Socket): void {
    if (error.code === 'ECONNRESET') return;
    this.#connections.end(socket, rawProblem(codeOfClientError(error), this.#publicUrl));
  }

  #refuse(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
    if (this.#replies === undefined) throw new Error('A request came in before the application was there.');
    this.#replies.send(error, request, reply);
  }

  #readJson(): void {
    const server = this.getInstance();
    server.removeAllContentTypeParsers();
    server.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) => {
      try {
        // A media type without a body, as many clients send it with a DELETE, is no body.
        done(null, body.length === 0 ? undefined : parseJsonBody(body as Buffer));
      } catch (error) {
        done(error as Error);
      }
    });
  }

  #limitBodies({ http }: HttpSettings): void {
    this.getInstance().addHook('onRoute', (route) => {
      const methods = Array.isArray(route.method) ? route.method : [route.method];
      const isCommand = route.url.startsWith('/v1/') && methods.some((method) => METHODS_WITH_COMMANDS.has(method));
      route.bodyLimit ??= isCommand ? http.bodyLimitBytes : http.smallBodyLimitBytes;
    });
  }

  #limitConnections({ http }: HttpSettings): ConnectionLimits {
    const server = this.getHttpServer();
    const refuse = (response: ServerResponse, code: string): void => refuseRequest(response, code, this.#publicUrl);
    interceptRequests(server, (request, response) => {
      const problem = problemOfRequestLine(request);
      if (problem !== undefined) refuse(response, problem);
      return problem === undefined;
    });
    const connections = new ConnectionLimits(http, {
      request: refuse,
      raw: (code) => rawProblem(code, this.#publicUrl),
    });
    connections.install(server);
    return connections;
  }

  /** CONNECT and unknown expectations never reach the router: Node would close the connection or answer an empty 417. */
  #refuseTunnels(): void {
    const server = this.getHttpServer();
    server.on('connect', (_request: unknown, socket: Socket) =>
      this.#connections.end(socket, rawProblem('method-not-allowed', this.#publicUrl)),
    );
    server.on('checkExpectation', (request, response) => void server.emit('request', request, response));
  }
}
