import { newId } from '#kernel';
import { OrderingApp, ada, importer, noon, sam, shipTo } from '../../../../test/support/ordering-app.js';
import { AddLineCommand } from '../commands/add-line.command.js';
import { GrantDiscountCommand } from '../commands/grant-discount.command.js';
import { GetOrderQuoteQuery } from '../contracts/get-order-quote.js';
import { GetOrderSummaryQuery, type OrderReference } from '../contracts/get-order-summary.js';

let app: OrderingApp;
beforeAll(async () => void (app = await OrderingApp.open(import.meta.url)), 30_000);
afterAll(() => app.close());

const summaryOf = (order: OrderReference, onlyCustomerId: string | null = null) =>
  app.ask(new GetOrderSummaryQuery({ order, onlyCustomerId }));

describe('the summary of an order', () => {
  it('says everything about a placed order, found by each of its names', async () => {
    const lines = [{ sku: 'TEE', quantity: 3, discountPercent: 5 }];
    const shippingFee = { amount: 495, currency: 'EUR' };
    const { id, number } = await app.placeOrder({ by: importer, lines, shippingFee, externalNumber: '10248' });
    const summary = await summaryOf({ id });
    expect(summary).toEqual({
      id,
      number,
      externalNumber: '10248',
      customerId: 'ada',
      status: 'placed',
      paymentStatus: 'none',
      fulfilmentStatus: 'unfulfilled',
      currency: 'EUR',
      placedAt: noon,
      updatedAt: expect.any(String),
      version: 1,
      lines: [
        {
          lineId: expect.any(String),
          sku: 'TEE',
          name: 'Black tee',
          unitPrice: 1999,
          discountPercent: 5,
          quantities: { ordered: 3, reserved: 0, backordered: 0, cancelled: 0, shipped: 0, returned: 0 },
          total: 5697,
        },
      ],
      discounts: [],
      totals: {
        items: 5997,
        discount: 300,
        shipping: 495,
        tax: 0,
        grand: 6192,
        authorised: 0,
        captured: 0,
        refunded: 0,
        due: 6192,
      },
      shipments: [],
      deliveryIsSet: true,
      shipTo,
      billTo: null,
      note: null,
      exceptions: [],
    });
    expect(await summaryOf({ number })).toEqual(summary);
    expect(await summaryOf({ externalNumber: '10248' })).toEqual(summary);
  });

  it('follows a draft, and its discounts go into the total', async () => {
    const orderId = await app.draft();
    await app.execute(new AddLineCommand({ orderId, by: ada }, { lineId: 'line-1', sku: 'TEE', quantity: 1 }));
    const discount = { discountId: newId(), amount: { amount: 999, currency: 'EUR' }, reason: 'r' };
    await app.execute(new GrantDiscountCommand({ orderId, by: sam }, discount));
    const totals = { items: 1999, discount: 999, shipping: 0, tax: 0, grand: 1000, due: 0 };
    expect(await summaryOf({ id: orderId })).toMatchObject({
      status: 'draft',
      number: null,
      shipTo: null,
      version: 3,
      discounts: [{ ...discount, amount: 999 }],
      totals,
    });
    const quote = await app.ask(new GetOrderQuoteQuery({ orderId, by: ada }));
    expect(quote).toMatchObject({ total: { amount: 1000, currency: 'EUR' }, lines: [{ orderDiscount: 999 }] });
  });

  it('forgets the addresses and the note when they are erased, and nothing else', async () => {
    const billTo = { ...shipTo, name: 'Accounts', street2: '3rd floor' };
    const { id } = await app.placeOrder({ billTo, note: 'Ring twice.' });
    const before = await summaryOf({ id });
    expect(before).toMatchObject({ shipTo, billTo, note: 'Ring twice.' });
    await app.db.pools.app.query('DELETE FROM ordering_private.personal_data WHERE subject = $1', [id]);
    expect(await summaryOf({ id })).toEqual({ ...before, shipTo: null, billTo: null, note: null });
  });

  it('is there the moment the command is, without waiting for anything', async () => {
    const { id } = await app.placeOrder();
    const { rows } = await app.db.pools.query.query(
      'SELECT version FROM ordering_read.order_summary WHERE order_id = $1',
      [id],
    );
    expect(rows).toEqual([{ version: 1 }]);
  });

  it('refuses what is absent or somebody else’s', async () => {
    const { id, number } = await app.placeOrder();
    const absent: OrderReference[] = [{ id: newId() }, { number: 'SO-9' }, { externalNumber: 'none' }];
    for (const order of absent) await expect(summaryOf(order)).rejects.toMatchObject({ code: 'not-found' });
    for (const order of [{ id }, { number }])
      await expect(summaryOf(order, 'eve')).rejects.toMatchObject({ code: 'not-found' });
  });
});
