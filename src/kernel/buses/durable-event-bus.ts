import { Inject, Injectable } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { CommandBus, EventBus, UnhandledExceptionBus, type IEvent, type IEventHandler } from '@nestjs/cqrs';
import type { InstanceWrapper } from '@nestjs/core/injector/instance-wrapper.js';
import { EventRegistry } from '../messages/event-registry.js';
import { EventHandlers } from '../subscriptions/event-handlers.js';
import { handlerType } from './handler-registration.js';
import { UnitOfWork } from '../commands/unit-of-work.js';

/** A `@Saga` was found, which this release doesn't run yet. */
export class SagasNotDurableYet extends Error {
  readonly code = 'sagas-not-durable-yet';

  constructor(what: string) {
    super(
      `${what} would not be run: this release runs no sagas yet. Ignoring it would lose commands, so the start stops here. ` +
        'Use an @EventsHandler that executes the command, or leave the class out of the module.',
    );
  }
}

/**
 * The native event bus as the way into the log. `publish` collects into the command's unit of work, synchronously, on
 * the stream `command:<command id>`; so `AggregateRoot.commit()` and `eventBus.publish()` become atomic with the rest.
 */
@Injectable()
export class DurableEventBus extends EventBus {
  constructor(
    commandBus: CommandBus,
    modules: ModuleRef,
    unhandled: UnhandledExceptionBus,
    @Inject(EventRegistry) registry: EventRegistry,
    @Inject(EventHandlers) private readonly handlers: EventHandlers,
  ) {
    super(commandBus, modules, unhandled);
    const collect = (events: readonly IEvent[]): void => {
      const unit = UnitOfWork.required('EventBus.publish()');
      for (const event of events) registry.definition(event);
      unit.append(`command:${unit.commandId}`, events, 'none');
    };
    this.publisher = {
      publish: (event: IEvent) => collect([event]),
      publishAll: (events: IEvent[]) => collect([...events]),
    };
  }

  /** Instead of subscribing it in memory: the subscription engine runs it from the log. */
  protected override registerHandler(handler: InstanceWrapper<IEventHandler<IEvent>>): void {
    this.handlers.add(handler);
  }

  /** All of them at once, because natively those that a factory provides would be ignored. */
  override registerSagas(sagas: InstanceWrapper<object>[] = []): void {
    const first = sagas[0];
    if (first !== undefined) throw new SagasNotDurableYet(`@Saga ${handlerType(first).name}`);
  }
}
