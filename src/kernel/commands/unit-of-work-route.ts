import {
  Injectable,
  UseInterceptors,
  applyDecorators,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { defer, from, lastValueFrom, type Observable } from 'rxjs';
import { CommandPipeline } from './command-pipeline.js';

/** Runs a controller method in a unit of work, as a command is run; see {@link UnitOfWorkRoute}. */
@Injectable()
export class UnitOfWorkInterceptor implements NestInterceptor {
  constructor(private readonly pipeline: CommandPipeline) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const name = `${context.getClass().name}.${context.getHandler().name}`;
    return defer(() => from(this.pipeline.run(name, () => lastValueFrom(next.handle(), { defaultValue: undefined }))));
  }
}

/**
 * For write routes of CRUD contexts, which have no commands: rows written by injected TypeORM repositories, published
 * events and the answer commit together, and idempotency keys, tokens and retries on conflict hold as for commands.
 * The method's return value is the answer that a repeat gets; it must be JSON.
 */
export function UnitOfWorkRoute(): MethodDecorator {
  return applyDecorators(UseInterceptors(UnitOfWorkInterceptor));
}
