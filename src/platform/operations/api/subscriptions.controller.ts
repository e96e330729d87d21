import { Body, Controller, Get, HttpCode, Post } from '@nestjs/common';
import { CurrentPrincipal } from '../../http/auth/current-principal.decorator.js';
import { PathText } from '../../http/exchange/path-segments.js';
import { OperatorsOnly } from '../../http/routes/route.decorators.js';
import type { Principal } from '../../../kernel/messages/message-context.js';
import { Repartition } from '../../../kernel/subscriptions/repartition.js';
import { SubscriptionRestart } from '../../../kernel/subscriptions/restart.js';
import { SubscriptionReports } from '../reports/subscription-reports.js';
import { NAME } from './names.js';
import {
  RepartitionBody,
  RepartitionedBody,
  RestartBody,
  RestartedBody,
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
  ) {}

  @Get()
  async all(): Promise<SubscriptionsBody> {
    return { data: await this.subscriptions.all() };
  }

  /** Splits or merges the partitions of a running subscription, and answers when it is done. */
  @Post(':name/partitions')
  @HttpCode(200)
  split(
    @PathText('name', NAME) name: string,
    @Body() { partitions, reason }: RepartitionBody,
    @CurrentPrincipal() by: Principal,
  ): Promise<RepartitionedBody> {
    return this.repartition.to(name, partitions, { by, reason });
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
