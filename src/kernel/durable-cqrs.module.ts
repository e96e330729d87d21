import {
  Global,
  Module,
  type BeforeApplicationShutdown,
  type DynamicModule,
  type OnApplicationBootstrap,
  type Provider,
} from '@nestjs/common';
import { DiscoveryModule, ModulesContainer } from '@nestjs/core';
import { CommandBus, CqrsModule, EventBus, EventPublisher, QueryBus, UnhandledExceptionBus } from '@nestjs/cqrs';
import { BackgroundWork, backgroundProviders } from './background-work.js';
import { DurableCommandBus } from './buses/durable-command-bus.js';
import { DurableEventBus } from './buses/durable-event-bus.js';
import { DurableQueryBus } from './buses/durable-query-bus.js';
import { assertNoNativeBuses } from './buses/native-buses.js';
import { commandProviders } from './commands/commands.providers.js';
import { ConsistencyTokens } from './consistency/consistency-token.js';
import { consistencyProviders } from './consistency/consistency.providers.js';
import { DatabaseModule } from './database/database.module.js';
import { Secrets } from './database/secrets.js';
import { effectProviders } from './effects/effects.providers.js';
import { eventLogProviders } from './event-log/event-log.providers.js';
import { KeyedTransactions } from './idempotency/keyed-transactions.js';
import { KERNEL_OPTIONS, type DurableCqrsOptions, type KernelOptions } from './kernel-options.js';
import { Clock } from './messages/clock.js';
import { EventRegistry } from './messages/event-registry.js';
import { outgoingProviders } from './outgoing/outgoing.providers.js';
import { projectionProviders } from './projections/projections.providers.js';
import { subscriptionProviders } from './subscriptions/subscriptions.providers.js';

const CORE: readonly Provider[] = [
  { provide: EventRegistry, useFactory: () => new EventRegistry() },
  Clock,
  Secrets,
  KeyedTransactions,
  ...commandProviders,
  ...eventLogProviders,
  ...projectionProviders,
  ...consistencyProviders,
  ...subscriptionProviders,
  ...outgoingProviders,
  ...effectProviders,
];

/** What the buses of CqrsModule are built from. All of it is exported: the entry points limit what a context may use. */
@Global()
@Module({})
class KernelCoreModule {}

/**
 * `@nestjs/cqrs`, durable on PostgreSQL. Import it once, in the root module, in place of `CqrsModule.forRoot()`. Handlers,
 * buses and decorators are used as ever; entities come from `TypeOrmModule.forFeature([…])`. The pools end with the
 * application.
 *
 * ```ts
 * @Module({ imports: [DurableCqrsModule.forRoot({ pools: Pools.of(url) }), OrderingModule] })
 * ```
 */
@Module({})
export class DurableCqrsModule implements OnApplicationBootstrap, BeforeApplicationShutdown {
  constructor(
    private readonly modules: ModulesContainer,
    private readonly tokens: ConsistencyTokens,
    private readonly background: BackgroundWork,
  ) {}

  static forRoot({ pools, ...options }: DurableCqrsOptions): DynamicModule {
    const kernel: KernelOptions = {
      runSubscriptions: true,
      toleratesOutdatedViews: false,
      leaseMs: 15_000,
      retention: { workDays: 0, auditDays: 0 },
      commandInterceptors: [],
      problemOfRefusal: () => undefined,
      ...options,
    };
    const providers = [{ provide: KERNEL_OPTIONS, useValue: kernel }, ...CORE];
    const core: DynamicModule = { module: KernelCoreModule, imports: [DiscoveryModule], providers, exports: providers };
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
      providers: backgroundProviders,
      imports: [DatabaseModule.forRoot(pools), core, buses],
      exports: [core, buses],
    };
  }

  /** Asserts that all modules got the durable buses, then starts what reads the log. */
  async onApplicationBootstrap(): Promise<void> {
    assertNoNativeBuses(this.modules);
    await this.tokens.open();
    await this.background.start();
  }

  /** Ends the batches under way while the pools are still open. */
  beforeApplicationShutdown(): Promise<void> {
    return this.background.stop();
  }
}
