import { QueryBus, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { CheckAccess, StreamReader } from '#kernel';
import { GetProductsForSaleQuery } from '#catalog/contracts';
import { GetOrderQuoteQuery } from '../contracts/get-order-quote.js';
import type { Quote } from '../contracts/order-line.js';
import { Order } from '../domain/order.js';
import { OrderAccess } from '../storage/order-access.js';

/** Folds the draft from its stream instead of a view: a quote is the same decision as placing, on the same state. */
@QueryHandler(GetOrderQuoteQuery)
@CheckAccess(OrderAccess)
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
