import { Controller, Get } from '@nestjs/common';
import { OperatorsOnly } from '../../http/routes/route.decorators.js';
import { LogReport } from '../reports/log-report.dto.js';
import { LogReports } from '../reports/log-reports.js';

/** The event log itself. */
@Controller('ops/v1/log')
@OperatorsOnly()
export class LogController {
  constructor(private readonly log: LogReports) {}

  @Get()
  show(): Promise<LogReport> {
    return this.log.current();
  }
}
