import { Projection, totals, type Contribution } from '#kernel';
import { On, type EventMeta } from '#kernel/domain';
import { OrderPlaced } from '#ordering/contracts';
import { utcDay } from '../utc-day.js';
import { SalesDailyView, SalesOrderView } from './sales-daily.view.js';

/** Keeps what each order adds to its day; the totals of the days follow from it. */
@Projection({
  name: 'insights.sales-daily',
  version: 1,
  mode: 'async',
  view: SalesOrderView,
  totals: [totals({ view: SalesDailyView, contribute: toItsDay })],
})
export class SalesDailyProjection {
  @On(OrderPlaced)
  placed(
    _: SalesOrderView | undefined,
    { orderId, currency, lines, totals: sums, placedAt }: OrderPlaced,
    { tenant }: EventMeta,
  ): SalesOrderView {
    const { items: gross, discount, shipping } = sums;
    const units = lines.reduce((sum, line) => sum + line.quantity, 0);
    return {
      orderId,
      tenant,
      day: utcDay(placedAt),
      currency,
      units,
      gross,
      discount,
      net: gross - discount,
      shipping,
    };
  }
}

function toItsDay({ tenant, day, currency, units, gross, discount, net, shipping }: SalesOrderView): Contribution[] {
  return [{ key: { tenant, day, currency }, amounts: { orders: 1, units, gross, discount, net, shipping } }];
}
