import { ApiProperty, IntersectionType } from '@nestjs/swagger';
import {
  ArrayMinSize,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsObject,
  IsOptional,
  Matches,
  Max,
  Min,
} from 'class-validator';
import { ListQuery } from '../../http/lists/list-query.dto.js';
import { IsText } from '../../http/validation/rules.js';
import { FAILED_EVENT_STATES } from '../reports/causation.dto.js';
import { NAME } from './names.js';
import { ReasonedBody } from './reason.dto.js';
import { Nested } from '../../http/validation/input-class.js';

type FailedEventState = (typeof FAILED_EVENT_STATES)[number];

/** Which failed events to list or to act on; empty: all. */
export class DeadLetterFilterBody {
  @IsOptional()
  @Matches(NAME)
  subscription?: string;

  /** Event name. */
  @IsOptional()
  @Matches(NAME)
  event?: string;

  /** The key that keeps its order: a stream or a row's key. */
  @IsOptional()
  @IsText({ max: 500 })
  key?: string;

  @IsOptional()
  @IsIn(FAILED_EVENT_STATES)
  state?: FailedEventState;

  /** Part of the error's text, in any case. */
  @IsOptional()
  @IsText({ max: 200 })
  error?: string;
}

export class FindDeadLetters extends IntersectionType(ListQuery, DeadLetterFilterBody) {}

/** Either a filter or ids. */
export class RetryBody extends ReasonedBody {
  @IsOptional()
  @Nested(() => DeadLetterFilterBody)
  filter?: DeadLetterFilterBody;

  @ApiProperty({ type: [Number], required: false })
  @IsOptional()
  @IsArray()
  @ArrayMinSize(1)
  @IsInt({ each: true })
  @Min(1, { each: true })
  @Max(Number.MAX_SAFE_INTEGER, { each: true })
  ids?: number[];

  /** Only report what would be retried. */
  @IsOptional()
  @IsBoolean()
  dryRun?: boolean;
}

export class EditBody extends ReasonedBody {
  /** The event's data as this subscription is to take it; the log keeps its own. */
  @ApiProperty({ type: 'object', additionalProperties: true })
  @IsObject()
  data!: Record<string, unknown>;
}

/** How many keys are tried again, each from its first failed event on. */
export class RetriedBody {
  keys!: number;
  dryRun!: boolean;
}

/** The event that is stored as failed. */
export class FailedEventBody {
  eventId!: string;
  name!: string;
  /** Of its shape. */
  version!: number;
  stream!: string;
}

/** An event that could not take effect in one subscription. */
export class DeadLetterBody {
  id!: number;
  subscription!: string;
  key!: string;
  position!: number;
  @ApiProperty({ enum: FAILED_EVENT_STATES })
  state!: FailedEventState;

  /** `partition`: the running release can't read it, and it may touch any row: its whole partition waits. Else `key`. */
  @ApiProperty({ enum: ['key', 'partition'] })
  blocks!: 'key' | 'partition';

  attempts!: number;
  @ApiProperty({ type: String, nullable: true })
  nextTryAt!: string | null;

  @ApiProperty({ type: String, nullable: true })
  error!: string | null;

  failedAt!: string;
  event!: FailedEventBody;
  /** An operator has corrected the event's data for this subscription. */
  isEdited!: boolean;
}

export class DeadLetterWithDataBody extends DeadLetterBody {
  @ApiProperty({ type: 'object', additionalProperties: true })
  data!: object;
}
