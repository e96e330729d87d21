import { Inject, Injectable, Logger } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { CommandBus, EventBus, UnhandledExceptionBus, type IEvent, type IEventHandler } from '@nestjs/cqrs';
import type { InstanceWrapper } from '@nestjs/core/injector/instance-wrapper.js';
import { classNameOf, declaredStreamOf } from '../domain/event-stream.js';
import { errorText, stackOf } from '../messages/error-text.js';
import { EventRegistry } from '../messages/event-registry.js';
import { messageContext } from '../messages/message-context.js';
import { EventHandlers } from '../subscriptions/event-handlers.js';
import { handlerType } from './handler-registration.js';
import { CommandPipeline } from '../commands/command-pipeline.js';
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
 * The native event bus as the way into the log. `publish` collects into the command's unit of work, synchronously, so
 * `AggregateRoot.commit()` and `eventBus.publish()` become atomic with the rest. Events of an aggregate go to its own stream,
 * which keeps their order; others to `command:<command id>`. Outside a command, as in a controller or a cron job, `publish` is a
 * unit of work of its own.
 */
@Injectable()
export class DurableEventBus extends EventBus {
  readonly #logger = new Logger('EventBus');
  /** The last commit under way for each stream that is published to outside commands. */
  readonly #last = new Map<string, Promise<void>>();

  constructor(
    commandBus: CommandBus,
    modules: ModuleRef,
    private readonly unhandled: UnhandledExceptionBus,
    @Inject(EventRegistry) private readonly registry: EventRegistry,
    @Inject(EventHandlers) private readonly handlers: EventHandlers,
    @Inject(CommandPipeline) private readonly pipeline: CommandPipeline,
  ) {
    super(commandBus, modules, unhandled);
    this.publisher = {
      publish: (event: IEvent, dispatcher?: unknown) => this.#collect([event], dispatcher),
      publishAll: (events: IEvent[], dispatcher?: unknown) => this.#collect([...events], dispatcher),
    };
  }

  /** @returns when they are stored, where no command will do it; a caller that doesn't wait finds a failure in the log. */
  #collect(events: readonly IEvent[], dispatcher: unknown): Promise<void> | void {
    for (const event of events) this.registry.definition(event);
    const stream = streamOf(dispatcher);
    const unit = UnitOfWork.current();
    if (unit !== undefined) return append(unit, events, stream);
    const stored = this.#inTurn(stream, () => this.#store(events, stream));
    stored.catch((error: unknown) => this.#report(events, error));
    return stored;
  }

  /** Of the caller's message context, but not under its key, which answers for a command. */
  #store(events: readonly IEvent[], stream: string | undefined): Promise<void> {
    const work = async (): Promise<void> => append(UnitOfWork.required('EventBus.publish()'), events, stream);
    return messageContext.withoutKey(() => this.pipeline.run('EventBus.publish', work));
  }

  /** Callers that don't wait publish the next events of an aggregate before the last ones are stored. */
  #inTurn(stream: string | undefined, store: () => Promise<void>): Promise<void> {
    if (stream === undefined) return store();
    const before = this.#last.get(stream) ?? Promise.resolve();
    const own = before.catch(() => undefined).then(store);
    this.#last.set(stream, own);
    const forget = (): void => {
      if (this.#last.get(stream) === own) this.#last.delete(stream);
    };
    own.then(forget, forget);
    return own;
  }

  #report(events: readonly IEvent[], exception: unknown): void {
    for (const cause of events) {
      this.#logger.error(
        `${classNameOf(cause)} was published outside a command and not stored: ${errorText(exception)}`,
        stackOf(exception),
      );
      this.unhandled.publish({ cause, exception });
    }
  }

  /** Instead of subscribing it in memory: the subscription engine runs it from the log. */
  protected override registerHandler(handler: InstanceWrapper<IEventHandler<IEvent>>): void {
    this.handlers.add(handler, this.unhandled);
  }

  /** All of them at once, because natively those that a factory provides would be ignored. */
  override registerSagas(sagas: InstanceWrapper<object>[] = []): void {
    const first = sagas[0];
    if (first !== undefined) throw new SagasNotDurableYet(`@Saga ${handlerType(first).name}`);
  }
}

/** @throws Error for an aggregate of `@nestjs/cqrs` whose class names no stream: each of its commits would be handled in any order. */
function streamOf(dispatcher: unknown): string | undefined {
  if (typeof dispatcher !== 'object' || dispatcher === null) return undefined;
  const stream = declaredStreamOf(dispatcher);
  // Of `AggregateRoot` and of classes made by `WithAggregateRoot` alike.
  if (stream !== undefined || !('getUncommittedEvents' in dispatcher)) return stream;
  throw new Error(
    `${classNameOf(dispatcher)} has no stream, which keeps its events in order. ` +
      "Add @EventStream('<context>.<aggregate-in-kebab>') to the class.",
  );
}

function append(unit: UnitOfWork, events: readonly IEvent[], stream: string | undefined): void {
  if (stream === undefined) unit.append(`command:${unit.commandId}`, events, 'none');
  else unit.append(stream, events, 'any');
}
