import { Injectable } from '@nestjs/common';
import type { Operation } from '../../../kernel/outgoing/operations.js';
import { ConsistencyTokens } from '../../../kernel/consistency/consistency-token.js';
import { PublicUrl } from '../app/public-url.js';
import { problemContentOf } from '../problems/error-to-problem.js';
import { problemMembers } from '../problems/problem-details.js';
import { OperationBody } from './operation.dto.js';

/** A single command is one step. */
const STEPS = 1;

/** Operations as clients see them: without what is for operators. */
@Injectable()
export class OperationBodies {
  constructor(
    private readonly tokens: ConsistencyTokens,
    private readonly publicUrl: PublicUrl,
  ) {}

  of(operation: Operation): OperationBody {
    const { id, type, status, step, resource, refusal, createdAt, updatedAt, finishedAt, lastEvent } = operation;
    return Object.assign(new OperationBody(), {
      id,
      type,
      status,
      progress: { step, done: status === 'succeeded' ? STEPS : 0, total: STEPS },
      resource: resource && { ...resource, href: this.publicUrl.path + resource.href },
      error: refusal === null ? null : problemMembers(problemContentOf(refusal, true), this.publicUrl.value),
      createdAt,
      updatedAt,
      finishedAt,
      consistencyToken: lastEvent === null ? null : this.tokens.forEvent(lastEvent),
    });
  }
}
