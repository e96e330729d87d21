import { Query, QueryBus, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { StreamReader } from '#kernel';
import type { Actor } from '#kernel/domain';
import { GetProductsForSaleQuery } from '#catalog/contracts';
import type { Quote } from '../contracts/order-line.js';
import { Order } from '../domain/order.js';

/** What a draft would cost if it were placed now. Refused like placing it, except that no delivery is needed yet. */
export class GetOrderQuoteQuery extends Query<Quote> {
  constructor(readonly order: { readonly orderId: string; readonly by: Actor }) {
    super();
  }
}

/** Folds the draft from its stream instead of a view: a quote is the same decision as placing, on the same state. */
@QueryHandler(GetOrderQuoteQuery)
export class GetOrderQuoteHandler implements IQueryHandler<GetOrderQuoteQuery> {
  constructor(
    private readonly streams: StreamReader,
    private readonly queries: QueryBus,
  ) {}

  async execute({ order: { orderId, by } }: GetOrderQuoteQuery): Promise<Quote> {
    const order = new Order(orderId);
    order.replay(await this.streams.events(`ordering.order:${orderId}`));
    order.assertVisibleTo(by);
    return order.quote(await this.queries.execute(new GetProductsForSaleQuery({ skus: order.draftSkus() })));
  }
}
