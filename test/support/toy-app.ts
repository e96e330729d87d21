import { Module, type DynamicModule, type Provider, type Type } from '@nestjs/common';
import { registeredProblem } from '../../src/platform/http/problems/problem-registry.js';
import { CommandBus, CommandHandler, QueryBus, type ICommand, type ICommandHandler, type IQuery } from '@nestjs/cqrs';
import { Test, type TestingModule } from '@nestjs/testing';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Pools } from '../../src/kernel/database/pools.js';
import { withOwner } from '../../src/platform/database/prepare.js';
import { DurableCqrsModule } from '../../src/kernel/durable-cqrs.module.js';
import type { KernelOptions } from '../../src/kernel/kernel-options.js';
import { Clock } from '../../src/kernel/messages/clock.js';
import { EventRegistry } from '../../src/kernel/messages/event-registry.js';
import {
  MessageContext,
  messageContext,
  type MessageContextFields,
} from '../../src/kernel/messages/message-context.js';
import type { FreshDatabase } from '../../src/platform/testing/databases.js';
import * as toys from './toys.js';

/** Runs a function as a command's handler, so that a spec can show what a handler may and may not do. */
export class RunCommand {
  constructor(
    readonly work: () => unknown,
    readonly label = 'run',
  ) {}
}

@CommandHandler(RunCommand)
class RunHandler implements ICommandHandler<RunCommand> {
  async execute({ work }: RunCommand): Promise<unknown> {
    return work();
  }
}

export interface ToyParts {
  readonly entities?: readonly Type<object>[];
  readonly providers?: readonly Provider[];
  readonly imports?: readonly (Type<object> | DynamicModule)[];
}

export interface ToySettings {
  /** What the toy context consists of; default: counters with an inline and an async view. */
  readonly parts?: ToyParts;
  readonly kernel?: Partial<KernelOptions>;
  readonly pools?: Pools;
  readonly clock?: Clock;
  /** The events that this release knows; default: every class that is loaded. */
  readonly events?: EventRegistry;
}

const COUNTERS: ToyParts = {
  entities: [toys.CounterView, toys.CounterSearchView, toys.KindTotalsView, toys.BoxEntity],
  providers: [
    toys.Counters,
    toys.Boxes,
    toys.CountHandler,
    toys.GetCounterHandler,
    toys.ListCountersHandler,
    toys.GetKindTotalHandler,
    toys.CounterProjection,
    toys.CounterSearchProjection,
  ],
};

/** Everything that a spec of the kernel needs of an application: started on a database of the spec's own. */
export class ToyApp {
  private constructor(
    readonly app: TestingModule,
    readonly pools: Pools,
    /** What it would have printed: warnings and errors. */
    readonly said: readonly string[],
  ) {}

  static async start(db: FreshDatabase, settings: ToySettings = {}): Promise<ToyApp> {
    const pools = settings.pools ?? poolsOf(db);
    const module = rootModule(pools, settings);
    const said: string[] = [];
    const hear = (text: unknown): void => void said.push(String(text));
    const ignore = (): void => undefined;
    try {
      const building = Test.createTestingModule({ imports: [module] });
      if (settings.clock !== undefined) building.overrideProvider(Clock).useValue(settings.clock);
      if (settings.events !== undefined) building.overrideProvider(EventRegistry).useValue(settings.events);
      const app = await building.setLogger({ log: ignore, warn: hear, error: hear }).compile();
      await app.init();
      return new ToyApp(app, pools, said);
    } catch (error) {
      await pools.end();
      throw error;
    }
  }

  /** Executes a command as a request would: in a message context of its own. */
  run<R = unknown>(command: ICommand, fields: MessageContextFields | MessageContext = {}): Promise<R> {
    return within(fields, () => this.app.get(CommandBus).execute<ICommand, R>(command));
  }

  inCommand<R = unknown>(work: () => unknown, fields: MessageContextFields | MessageContext = {}): Promise<R> {
    return this.run<R>(new RunCommand(work), fields);
  }

  ask<R = unknown>(query: IQuery, fields: MessageContextFields | MessageContext = {}): Promise<R> {
    return within(fields, () => this.app.get(QueryBus).execute<IQuery, R>(query));
  }

  get<T>(type: Type<T> | (abstract new (...args: never[]) => T) | symbol): T {
    return this.app.get<T>(type, { strict: false });
  }

  /** Rows of any statement, by the application's role. */
  async rows<R extends object = Record<string, unknown>>(text: string, ...values: unknown[]): Promise<R[]> {
    return (await this.pools.app.query<R>({ text, values })).rows;
  }

  /** The events of a stream, as far as a spec cares. */
  events(stream: string): Promise<{ version: number; name: string; data: object }[]> {
    return this.rows('SELECT version, name, data FROM kernel.events WHERE stream_id = $1 ORDER BY version', stream);
  }

  /** What a counter has counted, in the order of its events: effects that are committed, not tries. */
  async countsOf(id: string): Promise<number[]> {
    return (await this.events(toys.streamOf(id))).map(({ data }) => (data as toys.Counted).by);
  }

  close(): Promise<void> {
    return this.app.close();
  }
}

async function within<R>(fields: MessageContextFields | MessageContext, work: () => Promise<R>): Promise<R> {
  const context = fields instanceof MessageContext ? fields : new MessageContext(fields);
  return messageContext.run(context, work);
}

function rootModule(pools: Pools, { parts = COUNTERS, kernel = {} }: ToySettings): DynamicModule {
  @Module({})
  class ToyModule {}
  @Module({})
  class RootModule {}
  const toy: DynamicModule = {
    module: ToyModule,
    imports: [...(parts.imports ?? []), TypeOrmModule.forFeature([...(parts.entities ?? [])])],
    providers: [RunHandler, ...(parts.providers ?? [])],
  };
  return {
    module: RootModule,
    imports: [DurableCqrsModule.forRoot({ pools, problemOfRefusal: registeredProblem, ...kernel }), toy],
  };
}

/** On a busy machine a connection may take longer than a request may wait for one. */
const ACQUIRE_TIMEOUT_MS = 20_000;

/** Pools of its own for one application: it ends them when it closes. `logins` may go another way, such as by a proxy. */
export function poolsOf(
  db: FreshDatabase,
  settings: Partial<FreshDatabase['configuration']['database']> = {},
  logins: Partial<FreshDatabase['logins']> = {},
): Pools {
  const patient = { ...db.configuration.database, acquireTimeoutMs: ACQUIRE_TIMEOUT_MS };
  return new Pools({ ...db.logins, ...logins }, { ...patient, ...settings });
}

/** Makes the toys' tables, with the privileges that a context's have. */
export async function createToyTables(db: FreshDatabase, more = ''): Promise<void> {
  const [writers, reader] = [[db.appUrl, db.workerUrl].map(userOf).join(', '), userOf(db.queryUrl)];
  await withOwner(db.url, (client) =>
    client.query(`${toys.TABLES} ${more}
      GRANT USAGE ON SCHEMA toy, toy_read, toy_private TO ${writers}, ${reader};
      GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA toy, toy_read, toy_private TO ${writers};
      GRANT SELECT ON ALL TABLES IN SCHEMA toy, toy_read, toy_private TO ${reader};`),
  );
}

function userOf(url: string): string {
  return `"${new URL(url).username}"`;
}
