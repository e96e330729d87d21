import { Injectable, type Type } from '@nestjs/common';
import { ContextIdFactory, ModuleRef } from '@nestjs/core';
import type { InstanceWrapper } from '@nestjs/core/injector/instance-wrapper.js';
import type { IEvent, IEventHandler } from '@nestjs/cqrs';
import { handlerType } from '../buses/handler-registration.js';
import { CommandPipeline } from '../commands/command-pipeline.js';
import type { EventClass } from '../domain/index.js';
import { EventRegistry } from '../messages/event-registry.js';
import { EventHandlerSubscriber } from './event-handler-subscriber.js';
import { SUBSCRIPTION_METADATA, type SubscriptionDeclaration } from './subscription.decorator.js';

const EVENTS_HANDLER_METADATA = '__eventsHandler__';

/**
 * The application's `@EventsHandler` classes, as subscriptions: the event bus puts them here instead of subscribing
 * them in memory. One class is one subscription, however many modules or aliases provide it.
 */
@Injectable()
export class EventHandlers {
  readonly #byType = new Map<Type<object>, EventHandlerSubscriber>();

  constructor(
    private readonly modules: ModuleRef,
    private readonly units: CommandPipeline,
    private readonly registry: EventRegistry,
  ) {}

  /** @throws Error when an event class has no permanent name, or two handlers have one name. */
  add(wrapper: InstanceWrapper<IEventHandler<IEvent>>): void {
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
    const eventNames = events.map((event) => this.registry.definition(event).name).toSorted();
    this.#byType.set(
      type,
      new EventHandlerSubscriber({ ...declared, eventNames }, this.units, (event) =>
        this.#handle(wrapper, type, event),
      ),
    );
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

function declarationOf(type: Type<object>): SubscriptionDeclaration {
  const declared = Reflect.getMetadata(SUBSCRIPTION_METADATA, type) as SubscriptionDeclaration | undefined;
  return declared ?? { name: `events-handler.${kebab(type.name)}` };
}

function kebab(name: string): string {
  return name.replaceAll(/(?<=[a-z0-9])(?=[A-Z])/g, '-').toLowerCase();
}
