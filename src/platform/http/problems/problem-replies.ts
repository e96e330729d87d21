import { Injectable, Logger } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { PublicUrl } from '../app/public-url.js';
import { exchangeOf, type Exchange } from '../exchange/exchange.js';
import { setKernelHeaders } from '../exchange/answer-headers.js';
import { answerOf, type Answer } from './error-to-problem.js';
import { problemAnswer } from './problem-details.js';
import './kernel-problems.js';

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE']);

/** Answers errors, wherever they were thrown: router, hooks, parser, guards, handlers. */
@Injectable()
export class ProblemReplies {
  readonly #logger = new Logger('Http');

  constructor(private readonly publicUrl: PublicUrl) {}

  send(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
    if (reply.sent) return;
    const exchange = exchangeOf(request);
    const answer = answerOf(error, SAFE_METHODS.has(request.method));
    const { instanceId, traceId } = exchange;
    if (answer.alarm !== undefined) this.#log(answer, error, exchange, instanceId);
    const { status, headers, body } = problemAnswer(answer, {
      publicUrl: this.publicUrl.value,
      instanceId,
      traceId,
    });
    setKernelHeaders(reply, exchange);
    if (exchange.context?.outcome.replayed === true) reply.header('idempotent-replayed', 'true');
    void reply.code(status).headers(headers).send(Buffer.from(body));
  }

  /** The log gets everything, the client nothing; they meet by the id in `instance`. */
  #log(answer: Answer, error: unknown, { requestId, route }: Exchange, instanceId: string): void {
    const where = route === undefined ? 'a request' : `${route.method} ${route.template}`;
    const what =
      answer.alarm === 'hole' ? 'passed a value on that the database rejected: its input class lacks a rule' : 'failed';
    const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.#logger.error(`${where} ${what} (instance ${instanceId}, request ${requestId})`, stack);
  }
}
