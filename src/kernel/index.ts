/** Entry point `#kernel`: what an application may use. Rules are written with `#kernel/domain`. Each name is used by this
 *  application, or is in the README's list of what it doesn't use. */
export { EventSourcedRepository } from './commands/event-sourced.repository.js';
export { StateRepository } from './commands/state.repository.js';
export { EventStreams } from './commands/event-streams.js';
export { PersonalData } from './commands/personal-data.js';
export { CommitRows } from './commands/commit-rows.js';
export type { CommitWrite } from './commands/commit-statement.js';
export { UniqueValues } from './commands/unique-values.js';
export { CommandPipeline } from './commands/command-pipeline.js';
export { UnitOfWorkRoute } from './commands/unit-of-work-route.js';
export type { CommandInterceptor } from './commands/command-interceptor.js';
export { Secrets } from './database/secrets.js';
export { DurableCqrsModule } from './durable-cqrs.module.js';
export { EffectHandler, type Effect, type IEffectHandler } from './effects/effect-handler.decorator.js';
export { EffectRefused } from './effects/effect-errors.js';
export { Effects } from './effects/effects.js';
export type { KernelOptions } from './kernel-options.js';
export { CheckAccess, type AccessCheck } from './messages/access-check.js';
export { Clock } from './messages/clock.js';
export { derivedId, newId } from './messages/ids.js';
export { MessageContext, messageContext, type Principal } from './messages/message-context.js';
export { Projection, totals, type Contribution } from './projections/projection.decorator.js';
export { ReadSql } from './consistency/read-sql.js';
export { ReadsFrom } from './consistency/reads-from.js';
export { StreamReader } from './consistency/stream-reader.js';
export { Subscription } from './subscriptions/subscription.decorator.js';
export { OutgoingCommands } from './outgoing/outgoing-commands.js';
export { CommandRefused } from './outgoing/outgoing-worker.js';
