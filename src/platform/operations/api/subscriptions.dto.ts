import { ApiProperty } from '@nestjs/swagger';
import { IsInt, Max, Min, ValidateBy } from 'class-validator';
import type { RestartFrom } from '../../../kernel/subscriptions/restart.js';
import { SubscriptionReport } from '../reports/subscription-report.dto.js';
import { ReasonBody, ReasonedBody } from './reason.dto.js';

/** Every subscription, by name. */
export class SubscriptionsBody {
  data!: SubscriptionReport[];
}

/** How many partitions a paused subscription is to have. */
export class RepartitionBody extends ReasonedBody {
  @IsInt()
  @Min(1)
  @Max(256)
  partitions!: number;
}

/** What was done, as a repeat of the request is answered too: the subscription itself may have moved on since. */
export class RepartitionedBody {
  name!: string;
  partitions!: number;
  /** From here on all of them read the log; what has taken effect beyond it does not do so again. */
  position!: number;
}

/** The pause that is in force; of a subscription that was paused already, the earlier one. */
export class PausedBody {
  name!: string;
  pausedAt!: string;
  pausedBy!: string;
  reason!: string;
}

/** The subscription goes on where it stood. */
export class ResumedBody {
  name!: string;
  /** False: it was not paused, and nothing has changed. */
  wasPaused!: boolean;
}

/** What was done, as a repeat of the request is answered too: the subscription itself may have moved on since. */
export class RestartedBody {
  name!: string;
  /** The last position that counts as handled. */
  position!: number;
}

/** Where an event handler is to start anew. */
export class RestartBody extends ReasonBody {
  /** The first event to handle: the log's first, the next to be committed, or the one at a position. */
  @ApiProperty({
    oneOf: [
      { type: 'string', enum: ['beginning', 'now'] },
      { type: 'integer', minimum: 1 },
    ],
  })
  @ValidateBy({
    name: 'isStart',
    validator: {
      validate: isStart,
      defaultMessage: () => '$property must be beginning, now or a position of 1 or more',
    },
  })
  from!: RestartFrom;
}

function isStart(value: unknown): boolean {
  return value === 'beginning' || value === 'now' || (Number.isSafeInteger(value) && (value as number) >= 1);
}
