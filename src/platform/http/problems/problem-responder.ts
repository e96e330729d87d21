import { Injectable, Logger } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { PublicUrl } from '../app/public-url.js';
import { requestStateOf, type RequestState } from '../request/request-state.js';
import { setKernelHeaders } from '../request/response-headers.js';
import { problemContentOf, type ProblemContent } from './error-to-problem.js';
import { problemResponse } from './problem-details.js';
import './kernel-problems.js';

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE']);

/** Answers errors, wherever they were thrown: router, hooks, parser, guards, handlers. */
@Injectable()
export class ProblemResponder {
  readonly #logger = new Logger('Http');

  constructor(private readonly publicUrl: PublicUrl) {}

  send(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
    if (reply.sent) return;
    const requestState = requestStateOf(request);
    const answer = problemContentOf(error, SAFE_METHODS.has(request.method));
    const { instanceId, traceId } = requestState;
    if (answer.alarm !== undefined) this.#log(answer, error, requestState, instanceId);
    const { status, headers, body } = problemResponse(answer, {
      publicUrl: this.publicUrl.value,
      instanceId,
      traceId,
    });
    setKernelHeaders(reply, requestState);
    if (requestState.context?.outcome.replayed === true) reply.header('idempotent-replayed', 'true');
    void reply.code(status).headers(headers).send(Buffer.from(body));
  }

  /** The log gets everything, the client nothing; they meet by the id in `instance`. */
  #log(answer: ProblemContent, error: unknown, { requestId, route }: RequestState, instanceId: string): void {
    const where = route === undefined ? 'a request' : `${route.method} ${route.template}`;
    const what =
      answer.alarm === 'hole' ? 'passed a value on that the database rejected: its input class lacks a rule' : 'failed';
    const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.#logger.error(`${where} ${what} (instance ${instanceId}, request ${requestId})`, stack);
  }
}
