import type { CommitGuard } from '../commands/commit-statement.js';
import { UnitOfWork } from '../commands/unit-of-work.js';
import type { UnitsOfWork } from '../commands/units-of-work.js';
import type { Queryable } from '../event-log/sql/queryable.js';
import type { EventRow, RecordedEvent } from '../event-log/stored-event.js';
import { failpoint } from '../failpoints.js';
import { MessageContext, messageContext } from '../messages/message-context.js';
import type { SubscriptionDeclaration } from './subscription.decorator.js';
import type { Delivery, Subscriber } from './subscriber.js';

const DEFAULT_PARTITIONS = 8;

/**
 * Runs one `@EventsHandler` class from the log. Each event is a unit of work of its own: what the handler saves, the
 * commands that it executes and the checkpoint commit together, so a crash anywhere leaves all of it or nothing.
 */
export class EventHandlerSubscriber implements Subscriber {
  readonly kind = 'handler';
  readonly version = 1;
  readonly batchSize = 1;
  readonly hasOwnKeys = false;
  readonly name: string;
  readonly eventNames: readonly string[];
  readonly partitions: number;
  readonly startFrom: 'beginning' | 'now';

  constructor(
    declared: SubscriptionDeclaration & { readonly eventNames: readonly string[] },
    private readonly units: UnitsOfWork,
    private readonly handle: (event: object) => Promise<void>,
  ) {
    this.name = declared.name;
    this.eventNames = declared.eventNames;
    this.partitions = declared.partitions ?? DEFAULT_PARTITIONS;
    this.startFrom = declared.startFrom ?? 'now';
  }

  /** Order is kept per stream. */
  keysOf({ meta }: RecordedEvent): readonly string[] {
    return [meta.stream];
  }

  keysOfStored(row: EventRow): readonly string[] {
    return [row.stream_id];
  }

  async apply(on: Queryable, deliveries: readonly Delivery[], guard: CommitGuard): Promise<void> {
    const delivery = deliveries[0];
    if (delivery === undefined) {
      await on.query({ text: `SELECT ${guard.call}($1::jsonb)`, values: [JSON.stringify(guard.argument)] });
      return;
    }
    const { event, meta } = delivery.recorded;
    await messageContext.run(contextFor(this.name, delivery.recorded), () =>
      this.units.run(`${this.name}:${meta.eventId}`, async () => {
        UnitOfWork.required(this.name).checkpoint = guard;
        await this.handle(event);
        await failpoint('sub.after-handler');
      }),
    );
  }
}

/** What a reaction does is caused by the event, one hop further from the client's wish, under the same correlation. */
function contextFor(name: string, { meta }: RecordedEvent): MessageContext {
  return new MessageContext({
    tenant: meta.tenant,
    actor: { type: 'system', id: name },
    correlationId: meta.correlationId,
    causationId: meta.eventId,
    traceparent: meta.traceparent,
    imported: meta.imported,
    hop: meta.hop + 1,
    event: meta,
  });
}
