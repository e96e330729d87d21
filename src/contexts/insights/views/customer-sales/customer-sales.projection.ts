import { Projection, totals, type Contribution } from '#kernel';
import { On, type EventMeta } from '#kernel/domain';
import { OrderPlaced } from '#ordering/contracts';
import { utcDay } from '../utc-day.js';
import { CustomerSalesOrderView, CustomerSalesView } from './customer-sales.view.js';

/** Keeps what each order adds to its customer's day; the totals by customer and day follow from it. */
@Projection({
  name: 'insights.customer-sales',
  version: 1,
  mode: 'async',
  view: CustomerSalesOrderView,
  totals: [totals({ view: CustomerSalesView, contribute: toItsCustomer })],
})
export class CustomerSalesProjection {
  @On(OrderPlaced)
  placed(
    _: CustomerSalesOrderView | undefined,
    { orderId, customerId, currency, lines, totals: sums, placedAt }: OrderPlaced,
    { tenant }: EventMeta,
  ): CustomerSalesOrderView {
    const quantity = lines.reduce((sum, line) => sum + line.quantity, 0);
    return {
      orderId,
      tenant,
      day: utcDay(placedAt),
      currency,
      customerId,
      quantity,
      net: sums.items - sums.discount,
    };
  }
}

function toItsCustomer({ tenant, day, currency, customerId, quantity, net }: CustomerSalesOrderView): Contribution[] {
  return [{ key: { tenant, day, currency, customerId }, amounts: { orders: 1, quantity, net } }];
}
