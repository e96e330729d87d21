import { IsInt, Max, Min } from 'class-validator';
import { SubscriptionReport } from '../reports/subscription-report.dto.js';
import { ReasonedBody } from './reason.dto.js';

/** Every subscription, by name. */
export class SubscriptionsBody {
  data!: SubscriptionReport[];
}

/** Into how many partitions a subscription is to be split, or merged. */
export class RepartitionBody extends ReasonedBody {
  @IsInt()
  @Min(1)
  @Max(256)
  partitions!: number;
}
