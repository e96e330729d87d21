import { Controller, Get } from '@nestjs/common';
import { ProblemError } from '../http/problems/problem-error.js';
import { Probe, Public } from '../http/routes/route.decorators.js';
import { Lifecycle } from './lifecycle.js';
import { Readiness } from './readiness.js';

/** What orchestrators and load balancers ask. No token, and nothing in the answer that isn't for strangers. */
@Controller('health')
@Public()
@Probe()
export class HealthController {
  constructor(
    private readonly lifecycle: Lifecycle,
    private readonly readiness: Readiness,
  ) {}

  /** The process turns. Asks no database: restarting this process would not bring one back. */
  @Get('live')
  live(): { status: 'live' } {
    return { status: 'live' };
  }

  /** The process has started: its database is migrated as this version needs it. */
  @Get('startup')
  startup(): { status: 'started' } {
    if (this.lifecycle.phase === 'starting') throw new ProblemError('starting', 'The process is starting.');
    return { status: 'started' };
  }

  /** Requests may be sent here. */
  @Get('ready')
  async ready(): Promise<{ status: 'ready' }> {
    const problem = await this.readiness.check();
    if (problem !== undefined) throw new ProblemError(problem.code, problem.reason);
    return { status: 'ready' };
  }
}
