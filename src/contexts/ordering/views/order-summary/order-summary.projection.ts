import { Projection } from '#kernel';
import { On, type EventMeta } from '#kernel/domain';
import type { OrderLine } from '../../contracts/order-line.js';
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
import { OrderSummaryView, type SummaryLine } from './order-summary.view.js';

type Row = Readonly<OrderSummaryView>;

/** Folds an order into the one row that answers for it. */
@Projection({
  name: 'ordering.order-summary',
  version: 1,
  mode: 'inline',
  stream: 'ordering.order',
  view: OrderSummaryView,
})
export class OrderSummaryProjection {
  @On(OrderStarted)
  started(_: Row | undefined, { orderId, customerId }: OrderStarted, meta: EventMeta): Row {
    return {
      orderId,
      tenant: meta.tenant,
      number: null,
      externalNumber: null,
      customerId,
      status: 'draft',
      currency: null,
      placedAt: null,
      updatedAt: meta.occurredAt,
      lines: [],
      discounts: [],
      orderDiscount: 0,
      shipping: 0,
      feeCurrency: null,
      tax: 0,
      deliveryIsSet: false,
    };
  }

  @On(LineAdded)
  lineAdded(row: Row, { line }: LineAdded, { occurredAt }: EventMeta): Row {
    return { ...row, currency: line.currency, lines: [...row.lines, unmoved(line)], updatedAt: occurredAt };
  }

  @On(LineQuantityChanged)
  lineQuantityChanged(row: Row, changed: LineQuantityChanged, { occurredAt }: EventMeta): Row {
    const { lineId, quantity, gross, discount, total } = changed;
    const lines = row.lines.map((line) =>
      line.lineId === lineId ? { ...line, gross, discount, total, quantities: allOrdered(quantity) } : line,
    );
    return { ...row, lines, updatedAt: occurredAt };
  }

  @On(LineRemoved)
  lineRemoved(row: Row, { lineId }: LineRemoved, { occurredAt }: EventMeta): Row {
    const lines = row.lines.filter((line) => line.lineId !== lineId);
    return { ...row, currency: currencyOf({ ...row, lines }), lines, updatedAt: occurredAt };
  }

  @On(DeliverySet)
  deliverySet(row: Row, { shippingFee }: DeliverySet, { occurredAt }: EventMeta): Row {
    const feeCurrency = shippingFee?.currency ?? null;
    const delivery = { shipping: shippingFee?.amount ?? 0, feeCurrency, deliveryIsSet: true };
    return { ...row, currency: currencyOf({ ...row, feeCurrency }), ...delivery, updatedAt: occurredAt };
  }

  @On(DiscountGranted)
  discountGranted(row: Row, { discountId, amount, reason }: DiscountGranted, { occurredAt }: EventMeta): Row {
    const discounts = [...row.discounts, { discountId, amount, reason }];
    return { ...row, discounts, orderDiscount: row.orderDiscount + amount, updatedAt: occurredAt };
  }

  @On(DiscountRemoved)
  discountRemoved(row: Row, { discountId, amount }: DiscountRemoved, { occurredAt }: EventMeta): Row {
    const discounts = row.discounts.filter((discount) => discount.discountId !== discountId);
    return { ...row, discounts, orderDiscount: row.orderDiscount - amount, updatedAt: occurredAt };
  }

  @On(OrderPlaced)
  placed(draft: Row | undefined, event: OrderPlaced, { tenant, occurredAt }: EventMeta): Row {
    const { orderId, number, externalNumber, customerId, currency, lines, totals, placedAt } = event;
    return {
      orderId,
      tenant,
      number,
      externalNumber,
      customerId,
      status: 'placed',
      currency,
      placedAt,
      updatedAt: occurredAt,
      lines: lines.map(unmoved),
      discounts: draft?.discounts ?? [],
      orderDiscount: lines.reduce((sum, line) => sum + line.orderDiscount, 0),
      shipping: totals.shipping,
      feeCurrency: null,
      tax: totals.tax,
      deliveryIsSet: true,
    };
  }

  @On(OrderDiscarded)
  discarded(row: Row, _: OrderDiscarded, { occurredAt }: EventMeta): Row {
    return { ...row, status: 'discarded', updatedAt: occurredAt };
  }
}

/** A draft is in the currency of its lines; without lines, in that of its delivery fee, which may be another one later. */
function currencyOf({ lines, currency, feeCurrency }: Pick<Row, 'lines' | 'currency' | 'feeCurrency'>): string | null {
  return lines.length > 0 ? currency : feeCurrency;
}

function unmoved(line: OrderLine): SummaryLine {
  const { lineId, sku, name, unitPrice, discountPercent, gross, discount, total } = line;
  const quantities = allOrdered(line.quantity);
  return { lineId, sku, name, unitPrice, discountPercent, gross, discount, total, quantities };
}

function allOrdered(ordered: number): SummaryLine['quantities'] {
  return { ordered, reserved: 0, backordered: 0, cancelled: 0, shipped: 0, returned: 0 };
}
