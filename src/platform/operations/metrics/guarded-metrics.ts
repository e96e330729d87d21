import type { TokenVerifier } from '../../http/auth/token-verifier.js';
import { ProblemError } from '../../http/problems/problem-error.js';
import { registeredProblem } from '../../http/problems/problem-registry.js';
import { mayCall } from '../../http/routes/route-registry.js';
import type { Metrics } from './metrics.js';

export interface GuardedAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

/** The metrics of a process that serves no API, for the same tokens as an API's: its own pools and event loop count too. */
export class GuardedMetrics {
  constructor(
    private readonly metrics: Metrics,
    private readonly verifier: TokenVerifier,
  ) {}

  /** Never throws. */
  async answer(authorization: string | undefined): Promise<GuardedAnswer> {
    try {
      if (!mayCall('operators', await this.verifier.identify(authorization))) return refused('forbidden');
      return { status: 200, contentType: this.metrics.contentType, body: await this.metrics.text() };
    } catch (error) {
      return refused(error instanceof ProblemError ? error.code : 'internal');
    }
  }
}

function refused(code: string): GuardedAnswer {
  const status = registeredProblem(code)?.status ?? 500;
  return { status, contentType: 'application/problem+json', body: JSON.stringify({ status, code }) };
}
