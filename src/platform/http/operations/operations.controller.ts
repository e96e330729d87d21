import { Controller, Get, Query } from '@nestjs/common';
import { ApiOkResponse } from '@nestjs/swagger';
import { messageContext } from '../../../kernel/messages/message-context.js';
import { Operations, hasEnded } from '../../../kernel/outgoing/operations.js';
import { PathId } from '../request/path-segments.js';
import { ProblemError } from '../problems/problem-error.js';
import { AnyRole } from '../routes/route.decorators.js';
import { LongPoll, type LongPollRequest } from './long-poll.js';
import { maySee } from './operation-access.js';
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
    const operation = await this.operations.find(id);
    if (operation === undefined || !maySee(messageContext.current(), operation))
      throw new ProblemError('not-found', 'Not found. Check the id.');
    if (wait === 0 || hasEnded(operation)) return this.bodies.of(operation);
    patience.releaseSlot();
    return this.bodies.of(await this.operations.ended(operation, wait * SECOND_MS, patience.gone));
  }
}
