import { Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Operations, type Operation } from '../../../kernel/outgoing/operations.js';
import { requestStateOf } from '../request/request-state.js';
import { ProblemResponder } from '../problems/problem-responder.js';
import { ProblemError } from '../problems/problem-error.js';
import { OperationBodies } from './operation-bodies.js';

/** Answers requests whose command was stored to be executed later: 202, with the operation as it stands. */
@Injectable()
export class AcceptedReplies {
  constructor(
    private readonly operations: Operations,
    private readonly bodies: OperationBodies,
    private readonly problems: ProblemResponder,
  ) {}

  async send(operationId: string, request: FastifyRequest, reply: FastifyReply): Promise<void> {
    try {
      const operation = await this.#read(operationId);
      requestStateOf(request).isAccepted = true;
      void reply.code(202).send(this.bodies.of(operation));
    } catch (error) {
      this.problems.send(error, request, reply);
    }
  }

  /** The key may be kept a little longer than its operation: both for seven days, but from different moments on. */
  async #read(operationId: string): Promise<Operation> {
    const operation = await this.operations.find(operationId);
    if (operation === undefined)
      throw new ProblemError(
        'operation-forgotten',
        'The operation of this key ended more than 7 days ago, and its result is no longer stored.',
      );
    return operation;
  }
}
