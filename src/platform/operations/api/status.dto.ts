import { ApiProperty } from '@nestjs/swagger';

export const FINDING_STATES = ['ok', 'warning', 'failure'] as const;

/** The result of one check. */
export class FindingBody {
  @ApiProperty({ enum: FINDING_STATES })
  state!: (typeof FINDING_STATES)[number];

  what!: string;
  /** What to do; only where something is to be done. */
  remedy?: string;
}

/** How the system is. */
export class StatusBody {
  /** The worst of all findings. */
  @ApiProperty({ enum: FINDING_STATES })
  status!: (typeof FINDING_STATES)[number];

  @ApiProperty({ type: [FindingBody] })
  findings!: readonly FindingBody[];
}
