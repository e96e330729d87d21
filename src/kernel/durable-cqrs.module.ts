import {
  Global,
  Inject,
  Module,
  type BeforeApplicationShutdown,
  type DynamicModule,
  type OnApplicationBootstrap,
  type Provider,
} from '@nestjs/common';
import { DiscoveryModule, ModulesContainer } from '@nestjs/core';
import { CommandBus, CqrsModule, EventBus, EventPublisher, QueryBus, UnhandledExceptionBus } from '@nestjs/cqrs';
import { BackgroundWork } from './background-work.js';
import { CommandWatch } from './commands/command-watch.js';
import { COMMAND_DEFERRAL, COMMIT_CONTRIBUTORS } from './commands/commands.tokens.js';
import { DurableCommandBus } from './buses/durable-command-bus.js';
import { DurableEventBus } from './buses/durable-event-bus.js';
import { EventStreams } from './commands/event-streams.js';
import { assertNoNativeBuses } from './buses/native-buses.js';
import { KeyedTransactions } from './idempotency/keyed-transactions.js';
import { PersonalData } from './commands/personal-data.js';
import { SideRows } from './commands/side-rows.js';
import { UniqueValues } from './commands/unique-values.js';
import { UnitsOfWork } from './commands/units-of-work.js';
import { Secrets } from './database/secrets.js';
import { EffectRegistry } from './effects/effect-registry.js';
import { EffectWorker } from './effects/effect-worker.js';
import { Effects } from './effects/effects.js';
import { ParkedEffects } from './effects/parked-effects.js';
import { LogEpoch } from './event-log/epoch.js';
import { LogBell } from './event-log/log-bell.js';
import { LogNotifier } from './event-log/log-notifier.js';
import { LogTail } from './event-log/log-tail.js';
import { KERNEL_OPTIONS, type KernelOptions } from './kernel-options.js';
import { Clock } from './messages/clock.js';
import { EventRegistry } from './messages/event-registry.js';
import { InlineProjections } from './projections/inline-projections.js';
import { ProjectionRebuild } from './projections/projection-rebuild.js';
import { AcceptedCommands } from './outgoing/accepted-commands.js';
import { OperationWaits } from './outgoing/operation-waits.js';
import { Operations } from './outgoing/operations.js';
import { OutgoingCommands } from './outgoing/outgoing-commands.js';
import { OutgoingWorker } from './outgoing/outgoing-worker.js';
import { Retention } from './outgoing/retention.js';
import { ProjectionRegistry } from './projections/projection-registry.js';
import { ConsistencyTokens } from './consistency/consistency-token.js';
import { DurableQueryBus } from './buses/durable-query-bus.js';
import { ReadSql } from './consistency/read-sql.js';
import { StreamReader } from './consistency/stream-reader.js';
import { ViewFreshness } from './consistency/view-freshness.js';
import { CheckpointBoard } from './subscriptions/checkpoint-board.js';
import { DeadLetters } from './subscriptions/dead-letters.js';
import { EventHandlers } from './subscriptions/event-handlers.js';
import { Repartition } from './subscriptions/repartition.js';
import { SubscriptionRestart } from './subscriptions/restart.js';
import { SubscriptionCatalog } from './subscriptions/subscription-catalog.js';
import { SubscriptionEngine } from './subscriptions/subscription-engine.js';

const OPEN_TO_CONTEXTS = [
  UnitsOfWork,
  KeyedTransactions,
  EventStreams,
  PersonalData,
  SideRows,
  UniqueValues,
  ReadSql,
  StreamReader,
  Clock,
  Secrets,
  EventRegistry,
  ConsistencyTokens,
  ProjectionRegistry,
  ProjectionRebuild,
  SubscriptionEngine,
  CheckpointBoard,
  LogTail,
  LogEpoch,
  DeadLetters,
  Effects,
  EffectRegistry,
  ParkedEffects,
  Repartition,
  SubscriptionRestart,
  OutgoingCommands,
  Operations,
];

const INSIDE: Provider[] = [
  LogBell,
  LogNotifier,
  CommandWatch,
  SubscriptionCatalog,
  EventHandlers,
  ViewFreshness,
  OperationWaits,
  { provide: COMMAND_DEFERRAL, useClass: AcceptedCommands },
  InlineProjections,
  { provide: COMMIT_CONTRIBUTORS, useFactory: (inline: InlineProjections) => [inline], inject: [InlineProjections] },
  { provide: EventRegistry, useFactory: () => new EventRegistry() },
];

/** What the kernel needs before it; separate, so that the buses of CqrsModule can be built from it. */
@Global()
@Module({})
class KernelCoreModule {}

/**
 * `@nestjs/cqrs`, durable on PostgreSQL. Import it once, in the root module, in place of `CqrsModule.forRoot()`; needs
 * the kernel's database module. Handlers, buses and decorators are used as ever.
 *
 * ```ts
 * @Module({ imports: [DatabaseModule.forRoot(…), DurableCqrsModule.forRoot({ runSubscriptions: true }), OrderingModule] })
 * ```
 */
@Module({})
export class DurableCqrsModule implements OnApplicationBootstrap, BeforeApplicationShutdown {
  constructor(
    private readonly modules: ModulesContainer,
    private readonly tokens: ConsistencyTokens,
    private readonly engine: SubscriptionEngine,
    private readonly outgoing: OutgoingWorker,
    private readonly retention: Retention,
    private readonly background: BackgroundWork,
    @Inject(KERNEL_OPTIONS) private readonly options: KernelOptions,
  ) {}

  static forRoot(options: Partial<KernelOptions> = {}): DynamicModule {
    const kernel: KernelOptions = {
      runSubscriptions: true,
      toleratesOutdatedViews: false,
      leaseMs: 15_000,
      retention: { workDays: 0, auditDays: 0 },
      commandInterceptors: [],
      problemOfRefusal: () => undefined,
      ...options,
    };
    const core: DynamicModule = {
      module: KernelCoreModule,
      imports: [DiscoveryModule],
      providers: [
        { provide: KERNEL_OPTIONS, useValue: kernel },
        ...OPEN_TO_CONTEXTS.filter((type) => type !== EventRegistry),
        ...INSIDE,
      ],
      exports: [
        KERNEL_OPTIONS,
        LogBell,
        ViewFreshness,
        EventHandlers,
        SubscriptionCatalog,
        CommandWatch,
        COMMAND_DEFERRAL,
        OperationWaits,
        ...OPEN_TO_CONTEXTS,
      ],
    };
    const cqrs = CqrsModule.forRoot();
    const buses: DynamicModule = {
      ...cqrs,
      providers: [
        ...(cqrs.providers ?? []),
        { provide: CommandBus, useClass: DurableCommandBus },
        { provide: QueryBus, useClass: DurableQueryBus },
        { provide: EventBus, useClass: DurableEventBus },
      ],
      exports: [CommandBus, QueryBus, EventBus, EventPublisher, UnhandledExceptionBus],
    };
    // Not global itself: Nest then starts it after the buses have found their handlers.
    return {
      module: DurableCqrsModule,
      providers: [OutgoingWorker, EffectWorker, Retention, BackgroundWork],
      imports: [core, buses],
      exports: [core, buses],
    };
  }

  /** Asserts that everybody got the durable buses, then starts what reads the log. */
  async onApplicationBootstrap(): Promise<void> {
    assertNoNativeBuses(this.modules);
    await this.engine.start();
    await this.tokens.open();
    if (!this.options.runSubscriptions) return;
    this.outgoing.start();
    this.retention.start();
  }

  /** Ends the batches under way while the pools are still open. */
  beforeApplicationShutdown(): Promise<void> {
    return this.background.stop();
  }
}
