import { ApiProperty } from '@nestjs/swagger';

/** The state of the event log. */
export class LogReport {
  /** One life of the log; another one after a restore or a fail-over. */
  epoch!: string;
  epochStartedAt!: string;
  /** The highest position. */
  head!: number;
  /** Ids below the highest one that are not visible: commits under way, or rolled back and not yet forgotten. */
  gaps!: number;
  /** Committed events that have no position yet: more than a few for long means that no process reads the log. */
  eventsNotSequenced!: number;
  /** Age of the oldest open transaction of the server; above 60 it holds up vacuum and the forgetting of gaps. */
  oldestTransactionSeconds!: number;
  /** False: the database's owner may not see other roles' transactions, so an older one may be open. */
  seesAllTransactions!: boolean;
  @ApiProperty({ type: String, nullable: true })
  lastEventAt!: string | null;
}
