import { Injectable } from '@nestjs/common';
import type { QueryConfig } from 'pg';
import type { Queryable } from '../event-log/sql/queryable.js';
import { readStream } from '../event-log/sql/read-stream.js';
import { recordedEvent, type EventRow } from '../event-log/stored-event.js';
import { EventRegistry } from '../messages/event-registry.js';
import { messageContext } from '../messages/message-context.js';
import { ReadSql } from './read-sql.js';

/** Which part of a stream to read; without limits, all of it. */
export interface StreamPart {
  /** Only events above this version. */
  readonly afterVersion?: number | undefined;
  readonly limit?: number | undefined;
}

/** Reads streams of the caller's tenant without changing them: for queries that fold one, or show it as it is. */
@Injectable()
export class StreamReader {
  readonly #on: Queryable;

  constructor(
    sql: ReadSql,
    private readonly registry: EventRegistry,
  ) {
    this.#on = {
      query: async (statement: QueryConfig) => ({ rows: await sql.query<EventRow>(statement) }),
    } as unknown as Queryable;
  }

  /** The events of a stream, oldest first, upcast to today's classes. @throws UnknownEvent */
  async events(stream: string, part: StreamPart = {}): Promise<object[]> {
    const rows = await this.rows(stream, part);
    return rows.map((row) => recordedEvent(this.registry, row).event);
  }

  /** The events of a stream as they are stored, oldest first. */
  rows(stream: string, part: StreamPart = {}): Promise<EventRow[]> {
    return readStream(this.#on, { tenant: messageContext.current().tenant, streamId: stream, ...part });
  }
}
