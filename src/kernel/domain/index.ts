/** Entry point `#kernel/domain`: what rules are written with. Nothing from Nest, TypeORM or node behind it. */
export { Aggregate } from './aggregate.js';
export { DurableCommand } from './durable-command.js';
export {
  DurableEvent,
  definitionOf,
  loadedEventDefinitions,
  type DurableEventOptions,
  type EventDefinition,
  type StoredData,
  type Upcaster,
} from './durable-event.js';
export { EventStream } from './event-stream.js';
export type { Actor, EventMeta } from './event-meta.js';
export { On, reactionsOf, type EventClass } from './on.js';
export { NotFound, Refusal, StoredRefusal, VersionMismatch, isRefusal, type ProblemOfRefusal } from './refusal.js';
