import { Controller, Get } from '@nestjs/common';
import { Roles } from '../../http/routes/route.decorators.js';
import { LogReport } from '../reports/log-report.dto.js';
import { LogReports } from '../reports/log-reports.js';

/** The event log itself. */
@Controller('ops/v1/log')
@Roles('operator')
export class LogController {
  constructor(private readonly log: LogReports) {}

  @Get()
  show(): Promise<LogReport> {
    return this.log.current();
  }
}
