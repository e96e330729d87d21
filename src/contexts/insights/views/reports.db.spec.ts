import type { PlaceOrder } from '#ordering/contracts';
import { ImportProductCommand } from '#catalog/contracts';
import { EnsureCustomerCommand } from '#customers/contracts';
import { OrderingApp, importer } from '../../../../test/support/ordering-app.js';
import { GetTopCustomersQuery } from '../queries/get-top-customers.query.js';
import { GetTopProductsQuery } from '../queries/get-top-products.query.js';
import { GetSalesReportQuery } from '../queries/get-sales-report.query.js';

let app: OrderingApp;
beforeAll(async () => {
  app = await OrderingApp.open(import.meta.url);
  for (const name of ['Bob', 'Cyd']) {
    await app.execute(new EnsureCustomerCommand({ customerId: name.toLowerCase(), name }));
  }
  const euros = (amount: number) => ({ amount, currency: 'EUR' });
  await placed('ada', '1997-01-30T10:00:00.000Z', [{ sku: 'TEE', quantity: 2 }], euros(495));
  await placed('ada', '1997-01-31T23:59:59.999Z', [{ sku: 'MUG', quantity: 1, discountPercent: 50 }], euros(0));
  await placed('bob', '1997-03-01T00:00:00.000Z', [{ sku: 'MUG', quantity: 3 }], euros(100));
  await placed('bob', '1997-03-01T08:00:00.000Z', [{ sku: 'CAP', quantity: 1 }], { amount: 700, currency: 'USD' });
  const twoLines = [
    { sku: 'OLD', quantity: 1, unitPrice: 199 },
    { sku: 'OLD', quantity: 2, unitPrice: 250, discountPercent: 15 },
  ];
  await placed('cyd', '1997-03-02T12:00:00.000Z', twoLines, euros(0));
}, 30_000);
afterAll(() => app.close());

async function placed(
  customerId: string,
  placedAt: string,
  lines: PlaceOrder['lines'],
  shippingFee: PlaceOrder['shippingFee'],
) {
  await app.placeOrder({ by: importer, isImported: true, customerId, placedAt, lines, shippingFee });
}

describe('the sales report', () => {
  it('adds up days, each currency for itself, oldest first, and leaves out days without sales', async () => {
    expect(await app.ask(new GetSalesReportQuery('day'))).toEqual([
      sales('1997-01-30', 'EUR', { orders: 1, units: 2, gross: 3998, discount: 0, net: 3998, shipping: 495 }),
      sales('1997-01-31', 'EUR', { orders: 1, units: 1, gross: 850, discount: 425, net: 425, shipping: 0 }),
      sales('1997-03-01', 'EUR', { orders: 1, units: 3, gross: 2550, discount: 0, net: 2550, shipping: 100 }),
      sales('1997-03-01', 'USD', { orders: 1, units: 1, gross: 1500, discount: 0, net: 1500, shipping: 700 }),
      sales('1997-03-02', 'EUR', { orders: 1, units: 3, gross: 699, discount: 75, net: 624, shipping: 0 }),
    ]);
  });

  it('adds up months', async () => {
    expect(await app.ask(new GetSalesReportQuery('month'))).toEqual([
      sales('1997-01', 'EUR', { orders: 2, units: 3, gross: 4848, discount: 425, net: 4423, shipping: 495 }),
      sales('1997-03', 'EUR', { orders: 2, units: 6, gross: 3249, discount: 75, net: 3174, shipping: 100 }),
      sales('1997-03', 'USD', { orders: 1, units: 1, gross: 1500, discount: 0, net: 1500, shipping: 700 }),
    ]);
  });

  it.each([
    [{ from: '1997-01-31', to: '1997-03-01' }, ['1997-01-31', '1997-03-01', '1997-03-01']],
    [{ from: '1997-03-01' }, ['1997-03-01', '1997-03-01', '1997-03-02']],
    [{ to: '1997-01-30' }, ['1997-01-30']],
    [{ from: '1998-01-01' }, []],
  ])('covers both ends of %j', async (days, periods) => {
    const report = await app.ask(new GetSalesReportQuery('day', days));
    expect(report.map(({ period }) => period)).toEqual(periods);
  });
});

describe('the best-selling products', () => {
  it('are ranked by what they earned, in each currency', async () => {
    expect(await app.ask(new GetTopProductsQuery('revenue', 10))).toEqual([
      { sku: 'TEE', name: 'Black tee', currency: 'EUR', quantity: 2, net: 3998 },
      { sku: 'MUG', name: 'Mug à café', currency: 'EUR', quantity: 4, net: 2975 },
      { sku: 'OLD', name: 'Old tee', currency: 'EUR', quantity: 3, net: 624 },
      { sku: 'CAP', name: 'Cap, 100% wool_mix', currency: 'USD', quantity: 1, net: 1500 },
    ]);
  });

  it('are ranked by units, as many as asked for in each currency', async () => {
    const best = await app.ask(new GetTopProductsQuery('quantity', 2));
    expect(best.map(({ sku }) => sku)).toEqual(['MUG', 'OLD', 'CAP']);
  });

  it('are those of the days asked for', async () => {
    const best = await app.ask(new GetTopProductsQuery('revenue', 10, { to: '1997-01-31' }));
    expect(best.map(({ sku, quantity }) => [sku, quantity])).toEqual([
      ['TEE', 2],
      ['MUG', 1],
    ]);
  });

  it('go by the name they were last sold under', async () => {
    await app.placeOrder({ by: importer, lines: [{ sku: 'MUG', quantity: 1 }], placedAt: '1999-01-01T00:00:00.000Z' });
    await app.execute(new ImportProductCommand({ sku: 'MUG', name: 'Mug, large', unitPrice: 850, currency: 'EUR' }));
    await app.placeOrder({ by: importer, lines: [{ sku: 'MUG', quantity: 1 }], placedAt: '1999-01-02T00:00:00.000Z' });
    const best = await app.ask(new GetTopProductsQuery('revenue', 10, { from: '1999-01-01' }));
    expect(best).toEqual([{ sku: 'MUG', name: 'Mug, large', currency: 'EUR', quantity: 2, net: 1700 }]);
  });
});

describe('the best customers', () => {
  const early = { to: '1998-12-31' };

  it('are ranked by what they bought for, with the names that Customers knows', async () => {
    expect(await app.ask(new GetTopCustomersQuery('revenue', 10, early))).toEqual([
      { customerId: 'ada', name: 'Ada L.', currency: 'EUR', orders: 2, quantity: 3, net: 4423 },
      { customerId: 'bob', name: 'Bob', currency: 'EUR', orders: 1, quantity: 3, net: 2550 },
      { customerId: 'cyd', name: 'Cyd', currency: 'EUR', orders: 1, quantity: 3, net: 624 },
      { customerId: 'bob', name: 'Bob', currency: 'USD', orders: 1, quantity: 1, net: 1500 },
    ]);
  });

  it('are ranked the same way every time: equals by revenue', async () => {
    const byQuantity = await app.ask(new GetTopCustomersQuery('quantity', 10, early));
    expect(byQuantity.map(({ customerId }) => customerId)).toEqual(['ada', 'bob', 'cyd', 'bob']);
    const byOrders = await app.ask(new GetTopCustomersQuery('orders', 2, early));
    expect(byOrders.map(({ customerId }) => customerId)).toEqual(['ada', 'bob', 'bob']);
  });

  it('stay in the report without a name once nobody knows it any more', async () => {
    await app.execute(new EnsureCustomerCommand({ customerId: 'dot', name: 'Dot' }));
    await app.placeOrder({ by: importer, customerId: 'dot', placedAt: '2000-01-01T00:00:00.000Z' });
    await app.db.pools.app.query("DELETE FROM customers.customers WHERE customer_id = 'dot'");
    expect(await app.ask(new GetTopCustomersQuery('revenue', 1, { from: '2000-01-01' }))).toEqual([
      expect.objectContaining({ customerId: 'dot', name: null, net: 3998 }),
    ]);
  });
});

describe('sums that are longer than a number holds exactly', () => {
  const year = { from: '2001-01-01', to: '2001-12-31' };
  const dear = { sku: 'TEE', quantity: 1, unitPrice: 10_000_000_000_000 };

  it('are shown as their digits, in one currency without another, and hold no event', async () => {
    await app.db.pools.app.query(
      `INSERT INTO insights_read.sales_daily VALUES ('default', '2001-01-01', 'EUR', 901, 901, $1, 0, $1, 0);
       INSERT INTO insights_read.product_sales VALUES ('default', '2001-01-01', 'EUR', 'TEE', 'Tee', 901, $1);
       INSERT INTO insights_read.customer_sales VALUES ('default', '2001-01-01', 'EUR', 'ada', 901, 901, $1);`.replaceAll(
        '$1',
        '9223372036854775807',
      ),
    );
    for (const placedAt of ['2001-01-01T00:00:00.000Z', '2001-01-02T00:00:00.000Z'])
      await app.placeOrder({ by: importer, lines: [dear], placedAt });
    await app.placeOrder({ by: importer, lines: [{ sku: 'CAP', quantity: 1 }], placedAt: '2001-01-03T00:00:00.000Z' });

    const net = String(9_223_372_036_854_775_807n + 20_000_000_000_000n);
    expect(await app.ask(new GetSalesReportQuery('month', year))).toEqual([
      sales('2001-01', 'EUR', { orders: 903, units: 903, gross: net, discount: 0, net, shipping: 0 }),
      sales('2001-01', 'USD', { orders: 1, units: 1, gross: 1500, discount: 0, net: 1500, shipping: 0 }),
    ]);
    const [products, customers] = [
      await app.ask(new GetTopProductsQuery('revenue', 10, year)),
      await app.ask(new GetTopCustomersQuery('revenue', 10, year)),
    ];
    expect(products.map(({ currency, quantity, net: sum }) => [currency, quantity, sum])).toEqual([
      ['EUR', 903, net],
      ['USD', 1, 1500],
    ]);
    expect(customers.map(({ currency, orders, net: sum }) => [currency, orders, sum])).toEqual([
      ['EUR', 903, net],
      ['USD', 1, 1500],
    ]);
    const { rows } = await app.db.pools.app.query('SELECT subscription FROM kernel.failed_events');
    expect(rows).toEqual([]);
  });
});

function sales(period: string, currency: string, sums: object) {
  return { period, currency, ...sums };
}
