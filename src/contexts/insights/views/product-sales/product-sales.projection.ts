import { Projection, totals, type Contribution } from '#kernel';
import { On, type EventMeta } from '#kernel/domain';
import { OrderPlaced } from '#ordering/contracts';
import { utcDay } from '../utc-day.js';
import { ProductSalesOrderView, ProductSalesView, type ProductSold } from './product-sales.view.js';

/** Keeps what each order sold of each product; the totals by product and day follow from it. */
@Projection({
  name: 'insights.product-sales',
  version: 1,
  mode: 'async',
  view: ProductSalesOrderView,
  totals: [totals({ view: ProductSalesView, contribute: toItsProducts })],
})
export class ProductSalesProjection {
  @On(OrderPlaced)
  placed(
    _: ProductSalesOrderView | undefined,
    { orderId, currency, lines, placedAt }: OrderPlaced,
    { tenant }: EventMeta,
  ): ProductSalesOrderView {
    return { orderId, tenant, day: utcDay(placedAt), currency, products: productsOf(lines) };
  }
}

/** The same sku on two lines is one product, under the name of the later line. */
function productsOf(lines: OrderPlaced['lines']): ProductSold[] {
  const products = new Map<string, ProductSold>();
  for (const { sku, name, quantity, total, orderDiscount } of lines) {
    const before = products.get(sku) ?? { quantity: 0, net: 0 };
    products.set(sku, { sku, name, quantity: before.quantity + quantity, net: before.net + total - orderDiscount });
  }
  return [...products.values()];
}

function toItsProducts({ tenant, day, currency, products }: ProductSalesOrderView): Contribution[] {
  return products.map(({ sku, name, quantity, net }) => ({
    key: { tenant, day, currency, sku },
    amounts: { quantity, net },
    labels: { name },
  }));
}
