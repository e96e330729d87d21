import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Cursors, ReadSql, ReadsFrom, messageContext, type Page } from '#kernel';
import { NotFound, type Actor } from '#kernel/domain';
import { OrderSummaryView } from '../order-summary/order-summary.view.js';
import { OrderTimelineView } from './order-timeline.view.js';

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

/** By primary key. Whether the order exists is told by the inline view, which is never behind. */
const EXISTS = `
SELECT FROM ordering_read.order_summary
 WHERE order_id = $1 AND tenant = $2 AND ($3::text IS NULL OR customer_id = $3)`;

/** A range of the primary key. */
const STEPS = `
SELECT type, at, actor, version, params
  FROM ordering_read.order_timeline
 WHERE order_id = $1 AND version > $2
 ORDER BY version
 LIMIT $3`;

@QueryHandler(GetOrderTimelineQuery)
@ReadsFrom(OrderTimelineView, OrderSummaryView, {
  key: ({ request }: GetOrderTimelineQuery) => ({ orderId: request.orderId }),
})
export class GetOrderTimelineHandler implements IQueryHandler<GetOrderTimelineQuery> {
  constructor(
    private readonly sql: ReadSql,
    private readonly cursors: Cursors,
  ) {}

  async execute({ request }: GetOrderTimelineQuery): Promise<Page<TimelineStep>> {
    const { orderId, onlyCustomerId, limit, cursor } = request;
    const { tenant, principal } = messageContext.current();
    const binding = {
      list: 'order-timeline',
      filter: orderId,
      sort: 'version',
      principal: `${tenant}/${principal.id}`,
    };
    const [afterVersion = 0] = cursor === undefined ? [] : await this.cursors.open(cursor, binding);
    await this.#assertExists([orderId, tenant, onlyCustomerId]);
    const values = [orderId, afterVersion, limit + 1];
    const rows = await this.sql.query<TimelineStep>({ name: 'ordering.timeline', text: STEPS, values });
    return this.cursors.page(rows, { limit, binding, keysOf: ({ version }) => [version], item: (step) => step });
  }

  async #assertExists(values: (string | null)[]): Promise<void> {
    const found = await this.sql.query({ name: 'ordering.timeline-exists', text: EXISTS, values });
    if (found.length === 0) throw new NotFound(`There is no order ${values[0]}.`);
  }
}
