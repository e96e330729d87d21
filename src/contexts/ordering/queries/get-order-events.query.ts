import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { StreamReader } from '#kernel';
import { Cursors, type Page } from '#platform/http';
import { NotFound, type Actor } from '#kernel/domain';

/** An event as it lies in the log. */
export interface OrderEvent {
  readonly eventId: string;
  readonly version: number;
  readonly name: string;
  readonly schemaVersion: number;
  readonly recordedAt: string;
  readonly occurredAt: string;
  readonly actor: Actor;
  readonly commandId: string;
  readonly correlationId: string;
  readonly causationId: string | null;
  readonly data: Readonly<Record<string, unknown>>;
}

export interface OrderEventsRequest {
  readonly orderId: string;
  readonly limit: number;
  readonly cursor?: string | undefined;
}

/** The raw stream of an order, oldest event first. For operators. Refused with `not-found` when there is none. */
export class GetOrderEventsQuery extends Query<Page<OrderEvent>> {
  constructor(readonly request: OrderEventsRequest) {
    super();
  }
}

@QueryHandler(GetOrderEventsQuery)
export class GetOrderEventsHandler implements IQueryHandler<GetOrderEventsQuery> {
  constructor(
    private readonly streams: StreamReader,
    private readonly cursors: Cursors,
  ) {}

  async execute({ request: { orderId, limit, cursor } }: GetOrderEventsQuery): Promise<Page<OrderEvent>> {
    const binding = { list: 'order-events', filter: orderId, sort: 'version' };
    const [after = 0] = cursor === undefined ? [] : await this.cursors.open(cursor, binding);
    const rows = await this.streams.rows(`ordering.order:${orderId}`, {
      afterVersion: Number(after),
      limit: limit + 1,
    });
    if (rows.length === 0 && cursor === undefined) throw new NotFound(`There is no order ${orderId}.`);
    return this.cursors.page(rows, { limit, binding, keysOf: ({ version }) => [version], item: orderEvent });
  }
}

function orderEvent(row: Awaited<ReturnType<StreamReader['rows']>>[number]): OrderEvent {
  const { event_id: eventId, version, name, schema_version: schemaVersion, recorded_at: recordedAt, meta, data } = row;
  const { occurredAt, actor, commandId, correlationId, causationId } = meta;
  return {
    eventId,
    version,
    name,
    schemaVersion,
    recordedAt,
    occurredAt,
    actor,
    commandId,
    correlationId,
    causationId,
    data,
  };
}
