import { Injectable } from '@nestjs/common';
import { Pools } from '../../../kernel/database/pools.js';
import type { LogReport } from './log-report.dto.js';
import { readLogState } from './sql/log-state.js';

/** How the event log is. Asked on the worker's pool: a report on the system must not queue behind its traffic. */
@Injectable()
export class LogReports {
  constructor(private readonly pools: Pools) {}

  async current(): Promise<LogReport> {
    return readLogState(this.pools.app);
  }
}
