import { ApiProperty } from '@nestjs/swagger';

/** Events that could not take effect, by state. */
export class FailedEventCounts {
  /** The first of a key, tried again by itself. */
  retrying!: number;
  /** Behind another one of the same key. */
  waiting!: number;
  /** Given up on: an operator must act. */
  deadLettered!: number;
}

/** One partition of a subscription, and who works on it. */
export class PartitionReport {
  partition!: number;
  position!: number;
  behind!: number;
  movedAt!: string;
  fence!: number;
  /** The replica; null while no worker has it. */
  @ApiProperty({ type: String, nullable: true })
  owner!: string | null;
  /** In the past: the owner has stopped renewing. */
  @ApiProperty({ type: String, nullable: true })
  leaseExpiresAt!: string | null;
}

/** Who has paused a subscription, when and why: it stands still until it is resumed. */
export class PauseReport {
  at!: string;
  by!: string;
  reason!: string;
}

export const SUBSCRIPTION_KINDS = ['inline', 'async', 'handler'] as const;
export const SUBSCRIPTION_STATES = ['running', 'stopped', 'diverged'] as const;

/** Something that takes effect from the log: a projection, an event handler. */
export class SubscriptionReport {
  name!: string;
  /** `inline`: a view written with the command's own commit, never behind. */
  @ApiProperty({ enum: SUBSCRIPTION_KINDS })
  kind!: (typeof SUBSCRIPTION_KINDS)[number];

  /** Of the code that has filled the view; 1 for handlers. */
  version!: number;
  /** `diverged`: it has seen events that this log doesn't hold. */
  @ApiProperty({ enum: SUBSCRIPTION_STATES })
  status!: (typeof SUBSCRIPTION_STATES)[number];

  /** Null unless an operator has paused it. */
  @ApiProperty({ type: PauseReport, nullable: true })
  paused!: PauseReport | null;

  /** False: the code that answers doesn't have it any more. */
  isDeclared!: boolean;
  /** Of the partition that is furthest behind. */
  position!: number;
  head!: number;
  /** Positions not processed yet. Over events that it doesn't care for, a checkpoint moves every 5 seconds. */
  behind!: number;
  /** Age of the oldest event that it cares for and hasn't handled; 0: up to date. */
  lagSeconds!: number;
  failedEvents!: FailedEventCounts;
  /** Of the waiting ones: the first of their key. Nothing makes them due before a worker takes their partitions over. */
  waitingBehindNothing!: number;
  @ApiProperty({ type: String, nullable: true })
  lastError!: string | null;

  partitions!: PartitionReport[];
}
