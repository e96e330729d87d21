import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { requestStateOf } from '../request/request-state.js';

/** What a request that waits long needs. */
export interface LongPollRequest {
  /** Aborted when the client has disconnected: no client waits for the answer any more. */
  readonly gone: AbortSignal;
  /** Gives the request's place to another: waiting takes no connection to the database. */
  releaseSlot(): void;
}

/** The means of a handler to let its client wait without keeping others out. */
export const LongPoll = createParamDecorator((_: unknown, context: ExecutionContext): LongPollRequest => {
  const http = context.switchToHttp();
  const gone = new AbortController();
  http.getResponse<FastifyReply>().raw.once('close', () => gone.abort());
  const { slot } = requestStateOf(http.getRequest<FastifyRequest>());
  return { gone: gone.signal, releaseSlot: () => slot?.giveBack() };
});
