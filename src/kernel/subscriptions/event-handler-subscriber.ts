import type { CommitGuard } from '../commands/commit-statement.js';
import { UnitOfWork } from '../commands/unit-of-work.js';
import type { CommandPipeline } from '../commands/command-pipeline.js';
import type { Queryable } from '../event-log/sql/queryable.js';
import type { EventRow, RecordedEvent } from '../event-log/stored-event.js';
import { failpoint } from '../failpoints.js';
import { MessageContext, messageContext } from '../messages/message-context.js';
import { thrownByUserCode } from './faults.js';
import { storableKey } from './storable-key.js';
import type { SubscriptionDeclaration } from './subscription.decorator.js';
import type { Delivery, Subscriber, TouchedKeys } from './subscriber.js';

const DEFAULT_PARTITIONS = 8;
const DEFAULT_TIMEOUT_MS = 60_000;

interface HandlerOfEvents {
  readonly handle: (event: object) => Promise<void>;
  /** A try has failed, and its effects were rolled back. */
  readonly failed: (event: object, error: unknown) => void;
}

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
  private readonly timeoutMs: number;

  constructor(
    declared: SubscriptionDeclaration & { readonly eventNames: readonly string[] },
    private readonly pipeline: CommandPipeline,
    private readonly handler: HandlerOfEvents,
  ) {
    this.name = declared.name;
    this.eventNames = declared.eventNames;
    this.partitions = declared.partitions ?? DEFAULT_PARTITIONS;
    this.startFrom = declared.startFrom ?? 'now';
    this.timeoutMs = declared.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  }

  /** Order is kept per stream. */
  keysOf({ meta }: RecordedEvent): TouchedKeys {
    return new Map([[storableKey(meta.stream), {}]]);
  }

  keysOfStored(row: EventRow): readonly string[] {
    return [storableKey(row.stream_id)];
  }

  async apply(on: Queryable, deliveries: readonly Delivery[], guard: CommitGuard): Promise<void> {
    const delivery = deliveries[0];
    if (delivery === undefined) {
      await on.query({ text: `SELECT ${guard.call}($1::jsonb)`, values: [JSON.stringify(guard.argument)] });
      return;
    }
    const { event, meta } = delivery.recorded;
    await messageContext.run(contextFor(this.name, delivery.recorded), () =>
      this.pipeline.run(`${this.name}:${meta.eventId}`, async () => {
        UnitOfWork.required(this.name).checkpoint = guard;
        await withinTime(this.#handled(event), { name: this.name, timeoutMs: this.timeoutMs });
        await failpoint('sub.after-handler');
      }),
    );
  }

  failed(event: object, error: unknown): void {
    this.handler.failed(event, error);
  }

  async #handled(event: object): Promise<void> {
    try {
      await this.handler.handle(event);
    } catch (error) {
      throw thrownByUserCode(error);
    }
  }
}

/** A handler has taken longer than its subscription allows. It may still be at it: whatever it asks of its unit of work fails. */
export class HandlerTimedOut extends Error {
  readonly code = 'handler-timed-out';

  constructor({ name, timeoutMs }: { readonly name: string; readonly timeoutMs: number }) {
    super(
      `${name} did not return within ${timeoutMs / 1_000} s. Give @Subscription a longer timeoutMs if it may take so long.`,
    );
  }
}

/** No caller waits for the work once its time is over; how it ends then is of no interest. */
async function withinTime(
  work: Promise<void>,
  of: { readonly name: string; readonly timeoutMs: number },
): Promise<void> {
  let limit: NodeJS.Timeout | undefined;
  const isOver = new Promise<never>((_, reject) => {
    limit = setTimeout(() => reject(new HandlerTimedOut(of)), of.timeoutMs);
  });
  try {
    await Promise.race([work, isOver]);
  } finally {
    clearTimeout(limit);
  }
}

/** What a reaction does is caused by the event, one reaction further from the client's request, under the same correlation. */
function contextFor(name: string, { meta }: RecordedEvent): MessageContext {
  return new MessageContext({
    tenant: meta.tenant,
    actor: { type: 'system', id: name },
    correlationId: meta.correlationId,
    causationId: meta.eventId,
    traceparent: meta.traceparent,
    imported: meta.imported,
    causationDepth: meta.causationDepth + 1,
    event: meta,
    pool: 'worker',
  });
}
