import { Injectable } from '@nestjs/common';
import { UnitOfWork, type ExpectedVersion } from './unit-of-work.js';

export interface StreamAppend {
  /** `<context>.<aggregate>:<id>` */
  readonly stream: string;
  readonly events: readonly object[];
  /** What the stream must be like; default `any`, which suits facts published by a CRUD context. */
  readonly expected?: ExpectedVersion;
}

/** Publishes facts of contexts that have no aggregate: the events commit with the rows that made them true. */
@Injectable()
export class EventStreams {
  /** @throws Error outside a command or @UnitOfWorkRoute. */
  append(append: StreamAppend): void {
    UnitOfWork.required(`Publishing to ${append.stream}`).append(
      append.stream,
      append.events,
      append.expected ?? 'any',
    );
  }
}
