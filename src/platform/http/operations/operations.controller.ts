import { Controller, Get, Query } from '@nestjs/common';
import { ApiOkResponse } from '@nestjs/swagger';
import { messageContext, type MessageContext } from '../../../kernel/messages/message-context.js';
import { Operations, hasEnded, type Operation } from '../../../kernel/outgoing/operations.js';
import { mayActAs } from '../auth/identity.js';
import { PathId } from '../request/path-segments.js';
import { ProblemError } from '../problems/problem-error.js';
import { AnyRole } from '../routes/route.decorators.js';
import { LongPoll, type LongPollRequest } from './long-poll.js';
import { OperationBodies } from './operation-bodies.js';
import { OperationBody, OperationParams } from './operation.dto.js';

const SECOND_MS = 1_000;

/** What became of commands that are executed after their requests were answered. */
@Controller('v1/operations')
@AnyRole()
export class OperationsController {
  constructor(
    private readonly operations: Operations,
    private readonly bodies: OperationBodies,
  ) {}

  /** For who started it, and for staff; it can be read for 7 days after its end. */
  @Get(':id')
  @ApiOkResponse({ type: OperationBody })
  async one(
    @PathId('id') id: string,
    @Query() { wait = 0 }: OperationParams,
    @LongPoll() patience: LongPollRequest,
  ): Promise<OperationBody> {
    const caller = messageContext.current();
    const { tenant, principal } = caller;
    const reader = { tenant, principal: mayActAs(principal, 'staff') ? null : principal.id };
    const operation = await this.operations.find(id, reader);
    if (operation === undefined || !maySee(caller, operation))
      throw new ProblemError('not-found', 'Not found. Check the id.');
    if (wait === 0 || hasEnded(operation)) return this.bodies.of(operation);
    patience.releaseSlot();
    return this.bodies.of(await this.operations.ended(operation, wait * SECOND_MS, patience.gone));
  }
}

/**
 * Whether a caller may see an operation: staff of its tenant may; who started it may as long as they may still act as they did
 * then, because it may name what only staff may see.
 */
export function maySee({ tenant, principal }: MessageContext, operation: Operation): boolean {
  if (operation.tenant !== tenant) return false;
  if (mayActAs(principal, 'staff')) return true;
  return operation.principal === principal.id && mayActAs(principal, operation.actorType);
}
