import { ApiProperty } from '@nestjs/swagger';

/** An entry of the audit: what an operator did, and why. */
export class AuditEntryReport {
  id!: number;
  at!: string;
  principal!: string;
  /** `<what>.<verb>`: dead-letters.retry. */
  action!: string;
  /** Which subscription, mostly. */
  subject!: string;
  @ApiProperty({ type: String, nullable: true })
  reason!: string | null;

  @ApiProperty({ type: 'object', additionalProperties: true })
  detail!: object;
}
