import { Injectable, type Type } from '@nestjs/common';
import { ContextIdFactory, ModuleRef } from '@nestjs/core';
import type { InstanceWrapper } from '@nestjs/core/injector/instance-wrapper.js';
import type { IEvent, IEventHandler, UnhandledExceptionBus } from '@nestjs/cqrs';
import { handlerType } from '../buses/handler-registration.js';
import { CommandPipeline } from '../commands/command-pipeline.js';
import type { EventClass } from '../domain/index.js';
import { EventRegistry } from '../messages/event-registry.js';
import { EventHandlerSubscriber } from './event-handler-subscriber.js';
import { SUBSCRIPTION_METADATA, type SubscriptionDeclaration } from './subscription.decorator.js';

const EVENTS_HANDLER_METADATA = '__eventsHandler__';
/** By which `@nestjs/cqrs` compares classes of events; subclasses inherit it. */
const EVENT_METADATA = '__event__';

/**
 * The application's `@EventsHandler` classes, as subscriptions: the event bus puts them here instead of subscribing
 * them in memory. One class is one subscription, however many modules or aliases provide it.
 */
@Injectable()
export class EventHandlers {
  readonly #byType = new Map<Type<object>, EventHandlerSubscriber>();

  constructor(
    private readonly modules: ModuleRef,
    private readonly pipeline: CommandPipeline,
    private readonly registry: EventRegistry,
  ) {}

  /**
   * @param unhandled gets each failed try, as natively.
   * @throws Error when an event class has no permanent name, or two handlers have one name.
   */
  add(wrapper: InstanceWrapper<IEventHandler<IEvent>>, unhandled: UnhandledExceptionBus): void {
    const type = handlerType(wrapper);
    if (this.#byType.has(type)) return;
    const declared = declarationOf(type);
    const same = [...this.#byType].find(([, subscriber]) => subscriber.name === declared.name);
    if (same !== undefined) {
      throw new Error(
        `Two event handlers are called ${declared.name}: ${same[0].name} and ${type.name}. The name is the checkpoint; give one another by @Subscription.`,
      );
    }
    const events = Reflect.getMetadata(EVENTS_HANDLER_METADATA, type) as readonly EventClass[];
    const eventNames = [...new Set(events.flatMap((event) => this.#namesOf(event)))].toSorted();
    this.#byType.set(
      type,
      new EventHandlerSubscriber({ ...declared, eventNames }, this.pipeline, {
        handle: (event) => this.#handle(wrapper, type, event),
        failed: (event, exception) => void unhandled.publish({ cause: event, exception }),
      }),
    );
  }

  /** Names of the events that natively reach a handler of this class: its own, and those of its subclasses. */
  #namesOf(handled: EventClass): string[] {
    const id = eventIdOf(handled);
    const names = this.registry.namesWhere((type) => type === handled || (id !== undefined && eventIdOf(type) === id));
    return names.length > 0 ? names : [this.registry.definition(handled).name];
  }

  all(): readonly EventHandlerSubscriber[] {
    return [...this.#byType.values()];
  }

  /** A request-scoped handler gets an instance of its own per event, with the event as its REQUEST. */
  async #handle(wrapper: InstanceWrapper<IEventHandler<IEvent>>, type: Type<object>, event: object): Promise<void> {
    if (wrapper.isDependencyTreeStatic()) {
      await wrapper.instance.handle(event);
      return;
    }
    const contextId = ContextIdFactory.create();
    this.modules.registerRequestByContextId(event, contextId);
    const instance = await this.modules.resolve<IEventHandler<IEvent>>(type, contextId, {
      strict: false,
    });
    await instance.handle(event);
  }
}

function eventIdOf(type: EventClass): unknown {
  return (Reflect.getMetadata(EVENT_METADATA, type) as { id?: unknown } | undefined)?.id;
}

function declarationOf(type: Type<object>): SubscriptionDeclaration {
  const declared = Reflect.getMetadata(SUBSCRIPTION_METADATA, type) as SubscriptionDeclaration | undefined;
  return declared ?? { name: `events-handler.${kebab(type.name)}` };
}

function kebab(name: string): string {
  return name.replaceAll(/(?<=[a-z0-9])(?=[A-Z])/g, '-').toLowerCase();
}
