import { Body, Controller, Get, HttpCode, Post } from '@nestjs/common';
import { CurrentPrincipal } from '../../http/auth/current-principal.decorator.js';
import { PathText } from '../../http/request/path-segments.js';
import { OperatorsOnly } from '../../http/routes/route.decorators.js';
import type { Principal } from '../../../kernel/messages/message-context.js';
import { ProjectionsBody, RebuildReport } from '../reports/projection-report.dto.js';
import { ProjectionRebuilds } from '../reports/projection-rebuilds.js';
import { ProjectionReports } from '../reports/projection-reports.js';
import { NAME } from './names.js';
import { ReasonedBody } from './reason.dto.js';

/** What fills the read views. */
@Controller('ops/v1/projections')
@OperatorsOnly()
export class ProjectionsController {
  constructor(
    private readonly projections: ProjectionReports,
    private readonly rebuilds: ProjectionRebuilds,
  ) {}

  @Get()
  async all(): Promise<ProjectionsBody> {
    return { data: await this.projections.all() };
  }

  /** Empties a view and fills it anew from the log. An inline view is complete with the answer, an async one catches up. */
  @Post(':name/rebuild')
  @HttpCode(202)
  rebuild(
    @PathText('name', NAME) name: string,
    @Body() { reason }: ReasonedBody,
    @CurrentPrincipal() by: Principal,
  ): Promise<RebuildReport> {
    return this.rebuilds.begin(name, { by, reason });
  }
}
