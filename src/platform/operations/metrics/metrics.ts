import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { Registry } from 'prom-client';
import { CommandObserver } from '../../../kernel/commands/command-observer.js';
import { Pools } from '../../../kernel/database/pools.js';
import { LogReports } from '../reports/log-reports.js';
import { SubscriptionReports } from '../reports/subscription-reports.js';
import { CommandMetrics } from './command-metrics.js';
import { DatabaseMetrics } from './database-metrics.js';
import { HttpMetrics } from './http-metrics.js';
import { ProcessMetrics } from './process-metrics.js';

/** Everything that is measured in this process, for Prometheus. Counting costs some microseconds per request. */
@Injectable()
export class Metrics implements OnModuleDestroy {
  readonly #registry = new Registry();
  readonly #commands: CommandMetrics;
  readonly #process: ProcessMetrics;
  readonly #database: DatabaseMetrics;
  readonly http: HttpMetrics;
  #collecting: Promise<string> | undefined;

  constructor(watch: CommandObserver, pools: Pools, log: LogReports, subscriptions: SubscriptionReports) {
    this.#commands = new CommandMetrics(this.#registry, watch);
    this.http = new HttpMetrics(this.#registry);
    this.#process = new ProcessMetrics(this.#registry, pools);
    this.#database = new DatabaseMetrics(this.#registry, { pools, log, subscriptions });
  }

  readonly contentType = Registry.PROMETHEUS_CONTENT_TYPE;

  /** All metrics as text. Scrapes at the same time share one read. Never fails because of the database. */
  text(): Promise<string> {
    return (this.#collecting ??= this.#collect().finally(() => (this.#collecting = undefined)));
  }

  onModuleDestroy(): void {
    this.#commands.stop();
    this.#process.stop();
  }

  async #collect(): Promise<string> {
    this.#process.collect();
    await this.#database.collect();
    return this.#registry.metrics();
  }
}
