import { Body, Controller, Get, HttpCode, Post } from '@nestjs/common';
import { CurrentPrincipal } from '../../http/auth/current-principal.decorator.js';
import { PathText } from '../../http/request/path-segments.js';
import { OperatorsOnly } from '../../http/routes/route.decorators.js';
import type { Principal } from '../../../kernel/messages/message-context.js';
import { Repartition } from '../../../kernel/subscriptions/repartition.js';
import { SubscriptionPause } from '../../../kernel/subscriptions/subscription-pause.js';
import { SubscriptionRestart } from '../../../kernel/subscriptions/restart.js';
import { SubscriptionReports } from '../reports/subscription-reports.js';
import { NAME } from './names.js';
import { ReasonBody, ReasonedBody } from './reason.dto.js';
import {
  PausedBody,
  RepartitionBody,
  RepartitionedBody,
  RestartBody,
  RestartedBody,
  ResumedBody,
  SubscriptionsBody,
} from './subscriptions.dto.js';

/** What takes effect from the log. */
@Controller('ops/v1/subscriptions')
@OperatorsOnly()
export class SubscriptionsController {
  constructor(
    private readonly subscriptions: SubscriptionReports,
    private readonly repartition: Repartition,
    private readonly restarts: SubscriptionRestart,
    private readonly pauses: SubscriptionPause,
  ) {}

  @Get()
  async all(): Promise<SubscriptionsBody> {
    return { data: await this.subscriptions.all() };
  }

  /** Splits or merges the partitions of a paused subscription. */
  @Post(':name/partitions')
  @HttpCode(200)
  changePartitions(
    @PathText('name', NAME) name: string,
    @Body() { partitions, reason }: RepartitionBody,
    @CurrentPrincipal() by: Principal,
  ): Promise<RepartitionedBody> {
    return this.repartition.to(name, partitions, { by, reason });
  }

  /** No effect of it commits from now on, on any replica, until it is resumed; views that it fills grow stale. */
  @Post(':name/pause')
  @HttpCode(200)
  pause(
    @PathText('name', NAME) name: string,
    @Body() { reason }: ReasonBody,
    @CurrentPrincipal() by: Principal,
  ): Promise<PausedBody> {
    return this.pauses.pause(name, { by, reason });
  }

  /** It goes on where it stood when it was paused. */
  @Post(':name/resume')
  @HttpCode(200)
  resume(
    @PathText('name', NAME) name: string,
    @Body() { reason }: ReasonedBody,
    @CurrentPrincipal() by: Principal,
  ): Promise<ResumedBody> {
    return this.pauses.resume(name, { by, reason });
  }

  /** Starts an event handler anew: what lies behind the place is handled again, what lies before it never. */
  @Post(':name/restart')
  @HttpCode(200)
  restart(
    @PathText('name', NAME) name: string,
    @Body() { from, reason }: RestartBody,
    @CurrentPrincipal() by: Principal,
  ): Promise<RestartedBody> {
    return this.restarts.restart(name, from, { by, reason });
  }
}
