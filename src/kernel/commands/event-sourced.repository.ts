import { Inject, Injectable } from '@nestjs/common';
import { NotFound, VersionMismatch, type Aggregate } from '../domain/index.js';
import type { Queryable } from '../event-log/sql/queryable.js';
import { lockStream } from '../event-log/sql/lock-stream.js';
import { readStream } from '../event-log/sql/read-stream.js';
import { recordedEvent, type RecordedEvent } from '../event-log/stored-event.js';
import { EventRegistry, UnknownEvent } from '../messages/event-registry.js';
import { UnitOfWork } from './unit-of-work.js';

export interface LoadOptions {
  /** The version the caller has seen (If-Match). Another one is refused, also when it changes while the command runs. */
  readonly ifVersion?: number | undefined;
}

/** A stream that holds an event this release can't read: answering from part of it would be wrong. */
export class UnreadableStream extends Error {
  /** As of the event itself: answered 503, because a newer release can read the stream. */
  readonly code = 'unknown-event';

  constructor(stream: string, cause: UnknownEvent) {
    super(`${stream} can't be read by this release: ${cause.message}`, { cause });
  }
}

/**
 * Keeps aggregates as streams of events. Reading opens no transaction; saving joins the unit of work, whose commit
 * checks that the stream is still where it was loaded.
 *
 * ```ts
 * @Injectable()
 * export class OrderRepository extends EventSourcedRepository<Order> {
 *   protected override readonly streamPrefix = 'ordering.order';
 *   protected override create(id: string): Order { return new Order(id); }
 * }
 * ```
 */
@Injectable()
export abstract class EventSourcedRepository<A extends Aggregate> {
  @Inject(EventRegistry) private readonly registry!: EventRegistry;
  readonly #histories = new WeakMap<Aggregate, readonly RecordedEvent[]>();

  /** `<context>.<aggregate>`: the stream is `<context>.<aggregate>:<id>`. Permanent. */
  protected abstract readonly streamPrefix: string;

  /** An aggregate before its first event. */
  protected abstract create(id: string): A;

  /** @throws NotFound when the stream is empty; VersionMismatch when `ifVersion` isn't the current one. */
  async load(id: string, options: LoadOptions = {}): Promise<A> {
    const found = await this.find(id);
    if (found === undefined) throw new NotFound(`There is no ${this.streamPrefix} ${id}.`);
    if (options.ifVersion !== undefined && options.ifVersion !== found.storedVersion) {
      throw new VersionMismatch(found.storedVersion);
    }
    return found;
  }

  /** The aggregate, the same instance for the whole command, or undefined when it has no events. */
  async find(id: string): Promise<A | undefined> {
    const unit = UnitOfWork.required(`Loading ${this.streamPrefix}`);
    const stream = this.#stream(id);
    const known = unit.remembered(stream);
    if (known !== undefined) return known as A;
    const history = await this.#read(unit, stream);
    if (history.length === 0) return undefined;
    const aggregate = this.create(id);
    aggregate.replay(history.map(({ event }) => event));
    this.#histories.set(aggregate, history);
    unit.remember(stream, aggregate);
    return aggregate;
  }

  /** Loads, and makes the commit fail if the stream moves meanwhile, without writing to it. */
  async loadAndGuard(id: string): Promise<A> {
    const aggregate = await this.load(id);
    UnitOfWork.required('Guarding').guard(this.#stream(id), aggregate.storedVersion);
    return aggregate;
  }

  /** Adds what the aggregate recorded to the commit. @returns its version once committed. */
  save(aggregate: A): Promise<number> {
    const unit = UnitOfWork.required(`Saving ${this.streamPrefix}`);
    const stream = this.#stream(aggregate.id);
    unit.append(stream, aggregate.recorded, aggregate.storedVersion, this.#histories.get(aggregate));
    unit.remember(stream, aggregate);
    aggregate.markSaved();
    return Promise.resolve(aggregate.version);
  }

  #stream(id: string): string {
    return `${this.streamPrefix}:${id}`;
  }

  async #read(unit: UnitOfWork, stream: string): Promise<RecordedEvent[]> {
    const on = await this.#connection(unit, stream);
    const rows = await readStream(on, { tenant: unit.context.tenant, streamId: stream });
    try {
      return rows.map((row) => recordedEvent(this.registry, row));
    } catch (error) {
      throw error instanceof UnknownEvent ? new UnreadableStream(stream, error) : error;
    }
  }

  async #connection(unit: UnitOfWork, stream: string): Promise<Queryable> {
    if (unit.locksStreams) {
      const client = await unit.transaction.client();
      await lockStream(client, unit.context.tenant, stream);
      return client;
    }
    return unit.transaction.connection;
  }
}
