import { ApiProperty } from '@nestjs/swagger';
import { FailedEventCounts, PauseReport } from './subscription-report.dto.js';

export const PROJECTION_STATES = ['running', 'stopped', 'diverged', 'outdated'] as const;

/** A read view's projection. */
export class ProjectionReport {
  name!: string;
  /** The context that it belongs to. */
  context!: string;
  @ApiProperty({ enum: ['inline', 'async'] })
  mode!: 'inline' | 'async';

  /** Of the code that answers. */
  version!: number;
  /** Of the code that has filled the view. */
  storedVersion!: number;
  /** `outdated`: another version of the code has filled it; rebuild it. `diverged`: it is of another life of the log. */
  @ApiProperty({ enum: PROJECTION_STATES })
  status!: (typeof PROJECTION_STATES)[number];

  /** Null unless an operator has paused it. */
  @ApiProperty({ type: PauseReport, nullable: true })
  paused!: PauseReport | null;

  position!: number;
  head!: number;
  behind!: number;
  /** Age of the oldest event that isn't visible in it yet; 0: up to date. */
  lagSeconds!: number;
  failedEvents!: FailedEventCounts;
  @ApiProperty({ type: String, nullable: true })
  lastError!: string | null;
}

/** A rebuild that was begun. */
export class RebuildReport {
  name!: string;
  @ApiProperty({ enum: ['inline', 'async'] })
  mode!: 'inline' | 'async';

  /** `catching-up`: the view is empty and being filled; watch its position. */
  @ApiProperty({ enum: ['rebuilt', 'catching-up'] })
  state!: 'rebuilt' | 'catching-up';

  /** Rows written; 0 while catching up. */
  rows!: number;
  /** The position at which the view is complete. */
  target!: number;
}

/** Every projection, by name. */
export class ProjectionsBody {
  data!: ProjectionReport[];
}
