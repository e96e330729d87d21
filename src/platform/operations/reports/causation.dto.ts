import { ApiProperty } from '@nestjs/swagger';
import { ActorReport } from './logged-event.dto.js';

export const FAILED_EVENT_STATES = ['retrying', 'waiting', 'dead-lettered'] as const;

/** A subscription in which an event could not take effect yet. */
export class FailedIn {
  subscription!: string;
  @ApiProperty({ enum: FAILED_EVENT_STATES })
  state!: (typeof FAILED_EVENT_STATES)[number];

  attempts!: number;
  @ApiProperty({ type: String, nullable: true })
  error!: string | null;
}

/** An event, and the commands that reacted to it. */
export class CausationEvent {
  eventId!: string;
  @ApiProperty({ type: Number, nullable: true })
  position!: number | null;

  stream!: string;
  version!: number;
  name!: string;
  at!: string;
  failedIn!: FailedIn[];
  @ApiProperty({ type: () => [CausationCommand] })
  reactions!: CausationCommand[];
}

/** A command that changed something, and its events. */
export class CausationCommand {
  commandId!: string;
  /** The route or the command; null once its answer isn't kept any more. */
  @ApiProperty({ type: String, nullable: true })
  name!: string | null;

  correlationId!: string;
  at!: string;
  actor!: ActorReport;
  @ApiProperty({ type: [CausationEvent] })
  events!: CausationEvent[];
}

/** What requests have caused: commands, their events, the commands that reacted to these, and so on. */
export class CausationTree {
  correlationIds!: string[];
  eventCount!: number;
  /** False: there is more than is shown. */
  isComplete!: boolean;
  /** The commands that came from outside, oldest first. */
  roots!: CausationCommand[];
}
