import { ApiProperty } from '@nestjs/swagger';
import { IsInt, IsOptional, Max, Min } from 'class-validator';
import { OPERATION_STATUSES, type OperationStatus, type OperationStep } from '../../../kernel/outgoing/operations.js';

const MAX_WAIT_S = 10;
const PROBLEM = 'Why the operation failed: the problem of the request, without instance and traceId.';
const STEPS = ['waiting', 'executing', 'retrying', 'dead-lettered', 'done'] as const satisfies readonly OperationStep[];

/** How long to wait for the end. */
export class OperationParams {
  /** Seconds: answered when the operation has ended, or as it stands then. */
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(MAX_WAIT_S)
  wait?: number;
}

/** How far an operation is. */
export class OperationProgressBody {
  /** `dead-lettered`: it failed again and again and waits for an operator; it may still succeed. */
  @ApiProperty({ enum: STEPS })
  step!: OperationStep;

  done!: number;
  total!: number;
}

/** What an operation has made. */
export class OperationResourceBody {
  @ApiProperty({ example: 'order' })
  type!: string;

  id!: string;
  href!: string;
}

/** A command that is executed after its request was answered. */
export class OperationBody {
  @ApiProperty({ format: 'uuid' })
  id!: string;

  @ApiProperty({ example: 'ordering.place-order' })
  type!: string;

  @ApiProperty({ enum: OPERATION_STATUSES })
  status!: OperationStatus;

  progress!: OperationProgressBody;

  /** Null until there is one. */
  @ApiProperty({ type: OperationResourceBody, nullable: true })
  resource!: OperationResourceBody | null;

  @ApiProperty({ type: 'object', additionalProperties: true, nullable: true, description: PROBLEM })
  error!: Record<string, unknown> | null;

  @ApiProperty({ format: 'date-time' })
  createdAt!: string;

  @ApiProperty({ format: 'date-time' })
  updatedAt!: string;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  finishedAt!: string | null;

  /** Send it with the next read: views then show what the operation did. Null where it changed nothing, or not yet. */
  @ApiProperty({ type: String, nullable: true })
  consistencyToken!: string | null;
}
