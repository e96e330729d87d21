/** Door `#kernel`: everything a context may use, and nothing else. Rules are written with `#kernel/domain`. */
export { EventSourcedRepository, UnreadableStream, type LoadOptions } from './commands/event-sourced.repository.js';
export { StateRepository } from './commands/state.repository.js';
export { EventStreams, type StreamAppend } from './commands/event-streams.js';
export { PersonalData, type PersonalDataRow } from './commands/personal-data.js';
export { SideRows } from './commands/side-rows.js';
export type { SideWrite } from './commands/commit-statement.js';
export { UniqueValues } from './commands/unique-values.js';
export { UnitsOfWork } from './commands/units-of-work.js';
export { UnitOfWorkRoute } from './commands/unit-of-work-route.js';
export type { UniqueValueClaim } from './commands/unit-of-work.js';
export type { CommandInterceptor } from './commands/command-interceptor.js';
export { ConcurrencyConflict, OutcomeUnknown } from './commands/pipeline-errors.js';
export { Secrets } from './database/secrets.js';
export { DurableCqrsModule } from './durable-cqrs.module.js';
export {
  EffectHandler,
  type Effect,
  type EffectOptions,
  type IEffectHandler,
} from './effects/effect-handler.decorator.js';
export { EffectRefused } from './effects/effect-errors.js';
export { Effects, type EffectIntent } from './effects/effects.js';
export type { KernelOptions } from './kernel-options.js';
export { CheckAccess, type AccessCheck } from './messages/access-check.js';
export { Clock } from './messages/clock.js';
export { derivedId, newId } from './messages/ids.js';
export { MessageContext, messageContext, type MessageOutcome, type Principal } from './messages/message-context.js';
export {
  Projection,
  totals,
  type Contribution,
  type ProjectionOptions,
  type Totals,
} from './projections/projection.decorator.js';
export { ConsistencyTokens } from './consistency/consistency-token.js';
export { ReadSql } from './consistency/read-sql.js';
export { ReadsFrom } from './consistency/reads-from.js';
export { StreamReader, type StreamPart } from './consistency/stream-reader.js';
export { Subscription, type SubscriptionOptions } from './subscriptions/subscription.decorator.js';
export { OutgoingCommands, type SendOptions } from './outgoing/outgoing-commands.js';
export { CommandRefused } from './outgoing/outgoing-worker.js';
