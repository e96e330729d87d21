import { Inject, Injectable, type Type } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { QueryBus, type AsyncContext, type IQuery, type IQueryHandler } from '@nestjs/cqrs';
import type { InstanceWrapper } from '@nestjs/core/injector/instance-wrapper.js';
import { admitHandler, handlerType } from './handler-registration.js';
import { UnitOfWork } from '../commands/unit-of-work.js';
import { accessCheckOf } from '../messages/access-check.js';
import { messageContext } from '../messages/message-context.js';
import { READS_FROM_METADATA, type ReadsFromDeclaration } from '../consistency/reads-from.js';
import { ViewConsistency } from '../consistency/view-consistency.js';

/** What the native bus keeps private: the key under which it knows a handler. */
interface NativeRegistration {
  reflectQueryId(handler: Type<object>): string;
}

/** The native query bus, which checks access, waits for what the caller has seen and reports how fresh the answer is. */
@Injectable()
export class DurableQueryBus extends QueryBus {
  readonly #handlerTypes = new Map<string, Type<object>>();

  constructor(
    private readonly modules: ModuleRef,
    // Named, because Nest would use the metadata of the base class for its second parameter.
    @Inject(ViewConsistency) private readonly consistency: ViewConsistency,
  ) {
    super(modules);
  }

  override async execute<R = unknown>(query: IQuery, context?: AsyncContext): Promise<R> {
    const run = (): Promise<R> => super.execute<IQuery, R>(query, context as AsyncContext);
    const handler = this.#handlerOf(query);
    // Before freshness: failed events of a foreign object would reveal that the object exists.
    await accessCheckOf(handler, query, this.modules);
    const reads = readsOf(handler);
    if (reads === undefined || UnitOfWork.current() !== undefined) return run();
    const { consistency, outcome } = messageContext.current();
    const of = { views: reads.views, request: consistency, key: reads.key?.(query) };
    const { answer, freshness } = await this.consistency.read(of, run);
    this.consistency.addTo(outcome, freshness);
    return answer;
  }

  protected override registerHandler(handler: InstanceWrapper<IQueryHandler<IQuery>>): void {
    const type = handlerType(handler);
    const id = (this as unknown as NativeRegistration).reflectQueryId(type);
    const query = Reflect.getMetadata('__queryHandler__', type) as Type<object> | undefined;
    if (admitHandler(this.#handlerTypes, { id, type, message: query?.name ?? 'A query', kind: 'query' })) {
      super.registerHandler(handler);
    }
  }

  #handlerOf(query: IQuery): Type<object> | undefined {
    const metadata = Reflect.getMetadata('__query__', query.constructor) as { id: string } | undefined;
    return metadata === undefined ? undefined : this.#handlerTypes.get(metadata.id);
  }
}

function readsOf(handler: Type<object> | undefined): ReadsFromDeclaration | undefined {
  return handler === undefined
    ? undefined
    : (Reflect.getMetadata(READS_FROM_METADATA, handler) as ReadsFromDeclaration | undefined);
}
