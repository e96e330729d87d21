import type { ModulesContainer } from '@nestjs/core';
import { CommandBus, EventBus, QueryBus } from '@nestjs/cqrs';
import { DurableQueryBus } from './durable-query-bus.js';
import { DurableCommandBus } from './durable-command-bus.js';
import { DurableEventBus } from './durable-event-bus.js';

type Module = ModulesContainer extends Map<string, infer M> ? M : never;

/**
 * Makes sure that all modules got the durable buses.
 *
 * @throws Error when a module imports CqrsModule by itself: its handlers would hang on buses that forget everything.
 */
export function assertNoNativeBuses(modules: ModulesContainer): void {
  const all = [...modules.values()];
  const careless = all.filter(hasNativeBus).flatMap((module) => importersOf(module, all));
  if (careless.length === 0) return;
  throw new Error(
    `${[...new Set(careless)].join(', ')} would work with the native, in-memory buses of CqrsModule. Import ` +
      'DurableCqrsModule.forRoot() once, in the root module, and remove every other import of CqrsModule: the buses are there for all modules.',
  );
}

function hasNativeBus(module: Module): boolean {
  return [...module.providers.values()].some(({ instance }) => isNativeBus(instance));
}

function isNativeBus(instance: unknown): boolean {
  if (instance instanceof CommandBus) return !(instance instanceof DurableCommandBus);
  if (instance instanceof QueryBus) return !(instance instanceof DurableQueryBus);
  return instance instanceof EventBus && !(instance instanceof DurableEventBus);
}

function importersOf(module: Module, all: readonly Module[]): string[] {
  if (module.isGlobal) return ['Whatever imports CqrsModule.forRoot()'];
  return all.filter(({ imports }) => imports.has(module)).map(({ name }) => name);
}
