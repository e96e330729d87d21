import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { CheckAccess, ReadSql, ReadsFrom } from '#kernel';
import { Cursors, type Page } from '#platform/http';
import type { Actor } from '#kernel/domain';
import { OrderSummaryView } from '../views/order-summary/order-summary.view.js';
import { VisibleOrders } from './visible-orders.js';
import { OrderTimelineView } from '../views/order-timeline/order-timeline.view.js';

/** One step in the life of an order. */
export interface TimelineStep {
  readonly type: string;
  readonly at: string;
  readonly actor: Actor;
  readonly version: number;
  readonly params: Readonly<Record<string, unknown>>;
}

export interface TimelineRequest {
  readonly orderId: string;
  /** Only if the order is this customer's; null: any order. */
  readonly onlyCustomerId: string | null;
  readonly limit: number;
  readonly cursor?: string | undefined;
}

/** What became of an order, oldest step first. Refused with `not-found` when it is absent or not theirs. */
export class GetOrderTimelineQuery extends Query<Page<TimelineStep>> {
  constructor(readonly request: TimelineRequest) {
    super();
  }
}

/** A range of the primary key. */
const STEPS = `
SELECT type, at, actor, version, params
  FROM ordering_read.order_timeline
 WHERE order_id = $1 AND version > $2
 ORDER BY version
 LIMIT $3`;

@QueryHandler(GetOrderTimelineQuery)
@CheckAccess(VisibleOrders)
@ReadsFrom(OrderTimelineView, OrderSummaryView, {
  key: ({ request }: GetOrderTimelineQuery) => ({ orderId: request.orderId }),
})
export class GetOrderTimelineHandler implements IQueryHandler<GetOrderTimelineQuery> {
  constructor(
    private readonly sql: ReadSql,
    private readonly cursors: Cursors,
  ) {}

  async execute({ request }: GetOrderTimelineQuery): Promise<Page<TimelineStep>> {
    const { orderId, limit, cursor } = request;
    const binding = { list: 'order-timeline', filter: orderId, sort: 'version' };
    const [afterVersion = 0] = cursor === undefined ? [] : await this.cursors.open(cursor, binding);
    const values = [orderId, afterVersion, limit + 1];
    const rows = await this.sql.query<TimelineStep>({ name: 'ordering.timeline', text: STEPS, values });
    return this.cursors.page(rows, { limit, binding, keysOf: ({ version }) => [version], item: (step) => step });
  }
}
