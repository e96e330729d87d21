import { Projection } from '#kernel';
import { On, type EventMeta } from '#kernel/domain';
import {
  DeliverySet,
  DiscountGranted,
  DiscountRemoved,
  LineAdded,
  LineQuantityChanged,
  LineRemoved,
  OrderDiscarded,
  OrderPlaced,
  OrderStarted,
} from '../../contracts/ordering.events.js';
import { OrderTimelineView } from './order-timeline.view.js';

type Row = OrderTimelineView | undefined;

/** Keeps a step per event, with the few facts that a person wants to read. */
@Projection({ name: 'ordering.order-timeline', version: 1, mode: 'async', view: OrderTimelineView })
export class OrderTimelineProjection {
  keys({ orderId }: { orderId: string }, { version }: EventMeta): Pick<OrderTimelineView, 'orderId' | 'version'>[] {
    return [{ orderId, version }];
  }

  @On(OrderStarted)
  started(_: Row, { orderId, startedAt }: OrderStarted, meta: EventMeta): OrderTimelineView {
    return step(orderId, meta, { at: startedAt });
  }

  @On(LineAdded)
  lineAdded(_: Row, { orderId, line }: LineAdded, meta: EventMeta): OrderTimelineView {
    const { lineId, sku, name, quantity } = line;
    return step(orderId, meta, { params: { lineId, sku, name, quantity } });
  }

  @On(LineQuantityChanged)
  lineQuantityChanged(_: Row, event: LineQuantityChanged, meta: EventMeta): OrderTimelineView {
    const { orderId, lineId, quantity } = event;
    return step(orderId, meta, { params: { lineId, quantity } });
  }

  @On(LineRemoved)
  lineRemoved(_: Row, { orderId, lineId }: LineRemoved, meta: EventMeta): OrderTimelineView {
    return step(orderId, meta, { params: { lineId } });
  }

  @On(DeliverySet)
  deliverySet(_: Row, { orderId, shippingFee }: DeliverySet, meta: EventMeta): OrderTimelineView {
    return step(orderId, meta, { params: { shippingFee } });
  }

  @On(DiscountGranted)
  discountGranted(_: Row, event: DiscountGranted, meta: EventMeta): OrderTimelineView {
    const { orderId, discountId, amount, currency, reason } = event;
    return step(orderId, meta, { params: { discountId, amount: { amount, currency }, reason } });
  }

  @On(DiscountRemoved)
  discountRemoved(_: Row, event: DiscountRemoved, meta: EventMeta): OrderTimelineView {
    const { orderId, discountId, amount, currency } = event;
    return step(orderId, meta, { params: { discountId, amount: { amount, currency } } });
  }

  @On(OrderPlaced)
  placed(_: Row, event: OrderPlaced, meta: EventMeta): OrderTimelineView {
    const { orderId, number, totals, currency, placedAt } = event;
    return step(orderId, meta, { at: placedAt, params: { number, total: { amount: totals.grand, currency } } });
  }

  @On(OrderDiscarded)
  discarded(_: Row, { orderId, discardedAt }: OrderDiscarded, meta: EventMeta): OrderTimelineView {
    return step(orderId, meta, { at: discardedAt });
  }
}

function step(
  orderId: string,
  { version, name: type, occurredAt, actor }: EventMeta,
  { at = occurredAt, params = {} }: Partial<Pick<OrderTimelineView, 'at' | 'params'>>,
): OrderTimelineView {
  return { orderId, version, type, at, actor, params };
}
