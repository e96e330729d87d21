import { Injectable } from '@nestjs/common';
import { Pools } from '../../../kernel/database/pools.js';
import { Clock } from '../../../kernel/messages/clock.js';
import type { Finding } from '../doctor/finding.js';
import { assess } from './assess.js';
import type { LogReport } from './log-report.dto.js';
import { LogReports } from './log-reports.js';
import type { SubscriptionReport } from './subscription-report.dto.js';
import { readFailingWork, type FailingWork } from './sql/failing-work.js';
import { SubscriptionReports } from './subscription-reports.js';

export interface SystemState {
  readonly findings: readonly Finding[];
  readonly log: LogReport;
  readonly subscriptions: readonly SubscriptionReport[];
  readonly failingWork: readonly FailingWork[];
}

/** How the whole system is, and what to do about it. */
@Injectable()
export class SystemStatus {
  constructor(
    private readonly log: LogReports,
    private readonly subscriptions: SubscriptionReports,
    private readonly pools: Pools,
    private readonly clock: Clock,
  ) {}

  async current(): Promise<SystemState> {
    const log = await this.log.current();
    const subscriptions = await this.subscriptions.all();
    const failingWork = await readFailingWork(this.pools.app);
    const findings = assess(log, subscriptions, this.clock.now(), failingWork);
    return { findings, log, subscriptions, failingWork };
  }
}
