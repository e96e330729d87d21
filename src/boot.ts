import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { NestFactory } from '@nestjs/core';
import type { INestApplicationContext, LoggerService } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Configuration } from '#config';
import { API_TITLE } from '#app';
import { Clock, Secrets } from '#kernel';
import { Admission, createHttpApp, DevTokens } from '#platform/http';
import { AppModule, type AppParts } from './app.module.js';
import { openDatabase, type OpenDatabase } from './platform/database/open-database.js';
import { armFailpoints } from './kernel/failpoints.js';
import { TokenVerifier } from './platform/http/auth/token-verifier.js';
import { stopGracefully } from './platform/operations/graceful-stop.js';
import { createHealthServer } from './platform/operations/health-server.js';
import { Lifecycle } from './platform/operations/lifecycle.js';
import { createLogger } from './platform/operations/logger.js';
import { GuardedMetrics } from './platform/operations/metrics/guarded-metrics.js';
import { Metrics } from './platform/operations/metrics/metrics.js';
import { Readiness } from './platform/operations/readiness.js';
import { SubscriptionEngine } from './kernel/subscriptions/subscription-engine.js';

/** A whole Waybill, in this process. */
export interface Waybill {
  readonly app: INestApplicationContext;
  readonly database: OpenDatabase;
  /** Where it listens; undefined where it serves nothing. */
  readonly url: string | undefined;
  /** Ends it without losing anything. May be called more than once. */
  stop(): Promise<void>;
}

export interface BootOptions {
  /**
   * What listens. `api`: the whole API. `health`: the health routes alone, for workers. `nothing`: for the command line.
   * Default: by ROLE.
   */
  readonly serves?: 'api' | 'health' | 'nothing';
  /** Whether views are kept up to date here. Default: by ROLE. */
  readonly runSubscriptions?: boolean;
  /** Start although a view must be rebuilt: for the command that rebuilds it. */
  readonly toleratesOutdatedViews?: boolean;
  /** Called when a step of the start takes long. */
  readonly report?: (text: string) => void;
  readonly logger?: LoggerService | false;
  /** A database that is being opened already. Default: the configuration's. */
  readonly opening?: Promise<OpenDatabase>;
  /** Modules besides the application's own contexts. Default: none. */
  readonly modules?: AppParts['modules'];
}

/**
 * Starts Waybill: database (found or started, migrated), application, subscriptions, server, in this order; each is ready
 * when the next one starts. On any failure everything that was started is closed again. Throws texts for the operator.
 */
export async function boot(configuration: Configuration, options: BootOptions = {}): Promise<Waybill> {
  const logger = options.logger ?? createLogger(configuration);
  const database = await (options.opening ?? openDatabase(configuration, options.report));
  try {
    if (logger !== false) for (const warning of database.warnings) logger.warn(warning, 'Database');
    armFailpoints(configuration.testing.failpoints ?? '');
    const kernel = kernelOptions(configuration, options);
    const root = AppModule.forRoot({ configuration, database, kernel, modules: options.modules });
    const started = await start(root, configuration, { ...options, logger });
    started.app.get(Lifecycle).run();
    let stopping: Promise<void> | undefined;
    const running = { ...started, closeDatabase: () => database.close() };
    return {
      app: started.app,
      database,
      url: started.server && urlOf(started.server),
      stop: () => (stopping ??= stopGracefully(running, configuration.shutdown)),
    };
  } catch (error) {
    await database.close();
    throw error;
  }
}

function kernelOptions({ runtime, subscriptions, retention }: Configuration, options: BootOptions): AppParts['kernel'] {
  const { runSubscriptions = runtime.role !== 'api', toleratesOutdatedViews = false } = options;
  return { runSubscriptions, toleratesOutdatedViews, leaseMs: subscriptions.leaseMs, retention };
}

interface Started {
  readonly app: INestApplicationContext;
  readonly server: Server | undefined;
  readonly refuseRequests: () => void;
}

type Root = ReturnType<typeof AppModule.forRoot>;
type Logger = LoggerService | false;

function start(root: Root, configuration: Configuration, { serves, logger = false }: BootOptions): Promise<Started> {
  const what = serves ?? (configuration.runtime.role === 'worker' ? 'health' : 'api');
  if (what === 'api') return startApi(root, configuration, logger);
  return startContext(root, what === 'health' ? configuration : undefined, logger);
}

async function startApi(root: Root, configuration: Configuration, logger: Logger): Promise<Started> {
  const app = await createHttpApp(root, configuration, { logger, title: API_TITLE });
  closeConnectionsWhileDraining(app);
  app.get(Metrics).http.install(app.getHttpAdapter().getInstance());
  await orClose(app, () => app.listen(configuration.http.port, oneAddress(configuration.http.host)));
  return { app, server: app.getHttpServer(), refuseRequests: () => app.get(Admission).drain() };
}

/** For `localhost` Fastify listens on ::1 too, by a second server that has none of the limits of connections. */
function oneAddress(host: string): string {
  return host === 'localhost' ? '127.0.0.1' : host;
}

/** A port that is taken must not leave an application behind that goes on reading the log. */
async function orClose(app: INestApplicationContext, step: () => Promise<unknown>): Promise<void> {
  try {
    await step();
  } catch (error) {
    await app.get(SubscriptionEngine).stop();
    await app.close();
    throw error;
  }
}

/** An answer given while draining is the last one on its connection: the client's next request goes elsewhere. */
function closeConnectionsWhileDraining(app: NestFastifyApplication): void {
  const lifecycle = app.get(Lifecycle);
  app
    .getHttpAdapter()
    .getInstance()
    .addHook('onSend', (_request, reply, payload, done) => {
      if (lifecycle.phase === 'draining') reply.header('connection', 'close');
      done(null, payload);
    });
}

async function startContext(root: Root, configuration: Configuration | undefined, logger: Logger): Promise<Started> {
  const app = await NestFactory.createApplicationContext(root, { logger, abortOnError: false });
  if (configuration === undefined) return { app, server: undefined, refuseRequests: () => undefined };
  const answers = {
    lifecycle: app.get(Lifecycle),
    readiness: app.get(Readiness),
    metrics: guardedMetrics(app, configuration),
  };
  const server = createHealthServer(answers, configuration.http);
  await orClose(app, async () => {
    server.listen(configuration.http.port, configuration.http.host);
    await once(server, 'listening');
  });
  return { app, server, refuseRequests: () => undefined };
}

/** A worker has no HTTP side, but takes the same tokens. */
function guardedMetrics(app: INestApplicationContext, configuration: Configuration): GuardedMetrics {
  const clock = app.get(Clock);
  const verifier = new TokenVerifier(configuration, new DevTokens(app.get(Secrets), clock), clock);
  return new GuardedMetrics(app.get(Metrics), verifier);
}

function urlOf(server: Server): string {
  const { address, port } = server.address() as AddressInfo;
  const host = address === '0.0.0.0' || address === '::' ? 'localhost' : address;
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}
