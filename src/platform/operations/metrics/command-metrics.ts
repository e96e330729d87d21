import { Counter, Histogram, type Registry } from 'prom-client';
import type { CommandRun, CommandObserver } from '../../../kernel/commands/command-observer.js';
import { operationLabel } from '../operation-label.js';

/** Seconds; commands take one to ten milliseconds, and are given up after ten seconds. */
const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** How long commands take and how they end, by name, from the first try to the answer. */
export class CommandMetrics {
  readonly #durations: Histogram<'command' | 'outcome'>;
  readonly #retries: Counter<'command'>;
  readonly #stopListening: () => void;

  constructor(registry: Registry, watch: CommandObserver) {
    const registers = [registry];
    this.#durations = new Histogram({
      name: 'waybill_command_duration_seconds',
      help: 'From a command to its answer, retries included, by how it ended: done, accepted, replayed, refused, conflict, unknown, failed.',
      labelNames: ['command', 'outcome'],
      buckets: BUCKETS,
      registers,
    });
    this.#retries = new Counter({
      name: 'waybill_command_retries_total',
      help: 'Retries of commands after a conflict.',
      labelNames: ['command'],
      registers,
    });
    this.#stopListening = watch.onEnd((run) => this.#ended(run));
  }

  stop(): void {
    this.#stopListening();
  }

  #ended({ name, outcome, seconds, tries }: CommandRun): void {
    const command = operationLabel(name);
    this.#durations.observe({ command, outcome }, seconds);
    if (tries > 1) this.#retries.inc({ command }, tries - 1);
  }
}
