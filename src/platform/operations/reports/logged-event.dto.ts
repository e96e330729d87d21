import { ApiProperty } from '@nestjs/swagger';
import type { EventRow } from '../../../kernel/event-log/stored-event.js';

export const ACTOR_TYPES = ['customer', 'staff', 'service', 'system'] as const;

/** On whose behalf something happened. */
export class ActorReport {
  @ApiProperty({ enum: ACTOR_TYPES })
  type!: (typeof ACTOR_TYPES)[number];

  id!: string;
}

/** An event as it lies in the log. Events never hold personal data. */
export class LoggedEvent {
  /** Null until the log has given it one. */
  @ApiProperty({ type: Number, nullable: true })
  position!: number | null;

  eventId!: string;
  tenant!: string;
  stream!: string;
  /** In its stream. */
  version!: number;
  name!: string;
  schemaVersion!: number;
  recordedAt!: string;
  occurredAt!: string;
  actor!: ActorReport;
  commandId!: string;
  correlationId!: string;
  /** The event that its command reacted to. */
  @ApiProperty({ type: String, nullable: true })
  causationId!: string | null;

  /** Imported from another system: reactions that reach outside, such as notifications, were left out. */
  imported!: boolean;
  @ApiProperty({ type: 'object', additionalProperties: true })
  data!: Record<string, unknown>;
}

export function loggedEvent(row: EventRow): LoggedEvent {
  const { occurredAt, actor, commandId, correlationId, causationId, imported = false } = row.meta;
  return {
    position: row.position ?? null,
    eventId: row.event_id,
    tenant: row.tenant,
    stream: row.stream_id,
    version: row.version,
    name: row.name,
    schemaVersion: row.schema_version,
    recordedAt: row.recorded_at,
    occurredAt,
    actor,
    commandId,
    correlationId,
    causationId,
    imported,
    data: row.data,
  };
}
