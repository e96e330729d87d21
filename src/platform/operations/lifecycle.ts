import { Injectable } from '@nestjs/common';

export type Phase = 'starting' | 'running' | 'draining';

/** Where this process stands in its life. It only ever moves forward. */
@Injectable()
export class Lifecycle {
  #phase: Phase = 'starting';

  get phase(): Phase {
    return this.#phase;
  }

  run(): void {
    if (this.#phase === 'starting') this.#phase = 'running';
  }

  /** From now on the process isn't ready: load balancers send their requests elsewhere. */
  drain(): void {
    this.#phase = 'draining';
  }
}
