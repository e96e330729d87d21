import { monitorEventLoopDelay, type IntervalHistogram } from 'node:perf_hooks';
import { Counter, Gauge, type Registry } from 'prom-client';
import { poolNames, type Pools } from '../../../kernel/database/pools.js';

const RESOLUTION_MS = 10;
const NS_PER_SECOND = 1e9;
const MICROS_PER_SECOND = 1e6;
const QUANTILES = [50, 99, 100] as const;

/** What this process has under its hands: connections, its event loop, memory and processor time. */
export class ProcessMetrics {
  readonly #delay: IntervalHistogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  readonly #pools: Gauge<'pool' | 'state'>;
  readonly #waiting: Gauge<'pool'>;
  readonly #loop: Gauge<'quantile'>;
  readonly #memory: Gauge<'kind'>;
  readonly #processor: Counter;
  #processorSeconds = 0;

  constructor(
    registry: Registry,
    private readonly connections: Pools,
  ) {
    const registers = [registry];
    this.#pools = new Gauge({
      name: 'waybill_pool_connections',
      help: 'Connections to the database, by pool: used or idle.',
      labelNames: ['pool', 'state'],
      registers,
    });
    this.#waiting = new Gauge({
      name: 'waybill_pool_waiting',
      help: 'Statements that wait for a connection, by pool; above 0 for long, the pool is too small or the database slow.',
      labelNames: ['pool'],
      registers,
    });
    this.#loop = new Gauge({
      name: 'waybill_event_loop_delay_seconds',
      help: 'Delay of timers since the last scrape.',
      labelNames: ['quantile'],
      registers,
    });
    this.#memory = new Gauge({
      name: 'waybill_memory_bytes',
      help: 'Memory of this process.',
      labelNames: ['kind'],
      registers,
    });
    this.#processor = new Counter({
      name: 'process_cpu_seconds_total',
      help: 'Processor time that this process has used.',
      registers,
    });
    this.#delay.enable();
  }

  stop(): void {
    this.#delay.disable();
  }

  collect(): void {
    for (const pool of poolNames) {
      const { totalCount, idleCount } = this.connections[pool];
      this.#pools.set({ pool, state: 'used' }, totalCount - idleCount);
      this.#pools.set({ pool, state: 'idle' }, idleCount);
      this.#waiting.set({ pool }, this.connections.waiting(pool));
    }
    this.#collectLoop();
    const { rss, heapUsed, external } = process.memoryUsage();
    for (const [kind, bytes] of Object.entries({ rss, heapUsed, external })) this.#memory.set({ kind }, bytes);
    const { user, system } = process.cpuUsage();
    const seconds = (user + system) / MICROS_PER_SECOND;
    this.#processor.inc(seconds - this.#processorSeconds);
    this.#processorSeconds = seconds;
  }

  /** The monitor counts whole intervals: what is beyond one is the delay. */
  #collectLoop(): void {
    for (const percent of QUANTILES) {
      const lateNs = this.#delay.count === 0 ? 0 : this.#delay.percentile(percent) - RESOLUTION_MS * 1e6;
      this.#loop.set({ quantile: String(percent / 100) }, Math.max(0, lateNs) / NS_PER_SECOND);
    }
    this.#delay.reset();
  }
}
