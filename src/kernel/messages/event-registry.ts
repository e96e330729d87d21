import { Injectable } from '@nestjs/common';
import { definitionOf, loadedEventDefinitions, type EventDefinition, type StoredData } from '../domain/index.js';

/** A stored event whose name or version this code doesn't know: written by a newer release, or its class was deleted. */
export class UnknownEvent extends Error {
  readonly code = 'unknown-event';

  constructor(
    readonly eventName: string,
    readonly schemaVersion: number,
  ) {
    super(
      `The log holds ${eventName} version ${schemaVersion}, which this release doesn't know. ` +
        'Deploy the release that wrote it, or add the event class (with upcasters) back; nothing was skipped.',
    );
  }
}

/** Knows every durable event class by name and turns events into stored data and back, upcasting older versions. */
@Injectable()
export class EventRegistry {
  readonly #byName = new Map<string, EventDefinition>();

  constructor(definitions: readonly EventDefinition[] = loadedEventDefinitions()) {
    for (const definition of definitions) this.#add(definition);
  }

  /** @throws Error when an event has no permanent name: it could never be read again. */
  definition(event: object): EventDefinition {
    const definition = definitionOf(event);
    if (definition !== undefined) return definition;
    const name = typeof event === 'function' ? event.name : event.constructor.name;
    throw new Error(`${name} has no permanent name. Add @DurableEvent('<context>.<event-in-kebab>', 1) to the class.`);
  }

  /** @throws UnknownEvent for a name or version that this release doesn't know. */
  revive(name: string, schemaVersion: number, data: StoredData): object {
    const definition = this.#byName.get(name);
    if (definition === undefined || schemaVersion > definition.version) throw new UnknownEvent(name, schemaVersion);
    let current = data;
    for (let version = schemaVersion; version < definition.version; version += 1) {
      current = definition.upcast[version]!(current);
    }
    return Object.assign(Object.create(definition.type.prototype as object) as object, current);
  }

  /** Some version of an event of this name. */
  knows(name: string): boolean {
    return this.#byName.has(name);
  }

  /** Names of the known events whose class is chosen. */
  namesWhere(isChosen: (type: EventDefinition['type']) => boolean): string[] {
    return [...this.#byName.values()].filter(({ type }) => isChosen(type)).map(({ name }) => name);
  }

  /** Names of every known event, sorted. */
  names(): string[] {
    return [...this.#byName.keys()].toSorted();
  }

  #add(definition: EventDefinition): void {
    const same = this.#byName.get(definition.name);
    if (same !== undefined && same.type !== definition.type) {
      throw new Error(
        `Two event classes are called ${definition.name}: ${same.type.name} and ${definition.type.name}. ` +
          'The name is how stored events find their class: give one of them another name.',
      );
    }
    this.#byName.set(definition.name, definition);
  }
}
