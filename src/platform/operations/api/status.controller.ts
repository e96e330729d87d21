import { Controller, Get } from '@nestjs/common';
import { OperatorsOnly } from '../../http/routes/route.decorators.js';
import { SystemStatus } from '../reports/system-status.js';
import { FINDING_STATES, StatusBody } from './status.dto.js';

/** Is everything well, and what is to be done? */
@Controller('ops/v1/status')
@OperatorsOnly()
export class StatusController {
  constructor(private readonly system: SystemStatus) {}

  @Get()
  async show(): Promise<StatusBody> {
    const { findings } = await this.system.current();
    const worst = FINDING_STATES.findLast((state) => findings.some((finding) => finding.state === state));
    return { status: worst ?? 'ok', findings };
  }
}
