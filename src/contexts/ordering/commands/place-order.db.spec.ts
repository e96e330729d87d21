import { newId } from '#kernel';
import { GetOrderSummaryQuery } from '#ordering/contracts';
import { OrderPlaced } from '../contracts/ordering.events.js';
import { OrderingApp, ada, importer, noon, sam, shipTo } from '../../../../test/support/ordering-app.js';

let app: OrderingApp;
beforeAll(async () => void (app = await OrderingApp.open(import.meta.url)), 30_000);
afterAll(() => app.close());

describe('checkout', () => {
  it('begins to count at SO-1001', async () => {
    const { number, version, status, total } = await app.placeOrder();
    expect({ number, version, status, total }).toEqual({
      number: 'SO-1001',
      version: 1,
      status: 'placed',
      total: { amount: 3998, currency: 'EUR' },
    });
  });

  it('gives every order a number of its own', async () => {
    const placed = await Promise.all(Array.from({ length: 120 }, () => app.placeOrder()));
    expect(new Set(placed.map(({ number }) => number)).size).toBe(120);
  });

  it('leaves one event, the summary and the personal data behind, and nothing personal in the log', async () => {
    const billTo = { ...shipTo, name: 'Accounts' };
    const { id, number } = await app.placeOrder({
      billTo,
      note: 'Ring twice.',
      paymentMethodToken: 'tok_ok',
      expectedTotal: { amount: 3998, currency: 'EUR' },
    });
    const [event, ...more] = await app.eventsOf(id);
    expect(more).toEqual([]);
    expect(event).toBeInstanceOf(OrderPlaced);
    expect(event).toMatchObject({
      orderId: id,
      number,
      customerId: 'ada',
      placedAt: noon,
      shortagePolicy: 'reject',
      taxLines: [],
    });
    expect(JSON.stringify(event)).not.toMatch(/Leeds|Long Row|tok_ok|Accounts|Ring twice/);
    const person = { shipTo, billTo, note: 'Ring twice.' };
    expect(await app.personalDataOf(id)).toEqual({ ...person, paymentMethodToken: 'tok_ok' });
    expect(await app.ask(new GetOrderSummaryQuery({ order: { id }, onlyCustomerId: 'ada' }))).toMatchObject({
      number,
      ...person,
    });
  });

  it('takes agreed prices, discounts, a fee and an earlier date from a service', async () => {
    const lines = [
      { sku: 'OLD', quantity: 12, unitPrice: 1400, discountPercent: 15 },
      { sku: 'TEE', quantity: 1 },
    ];
    const order = {
      by: importer,
      lines,
      shippingFee: { amount: 3238, currency: 'EUR' },
      placedAt: '1996-07-04T00:00:00.000Z',
    };
    const { id, total } = await app.placeOrder({ ...order, isImported: true, externalNumber: '10248' });
    expect(total.amount).toBe(16_800 - 2520 + 1999 + 3238);
    expect(await app.eventsOf(id)).toMatchObject([
      {
        externalNumber: '10248',
        placedAt: '1996-07-04T00:00:00.000Z',
        lines: [
          { sku: 'OLD', name: 'Old tee', unitPrice: 1400, gross: 16_800, discount: 2520, total: 14_280 },
          { sku: 'TEE', unitPrice: 1999, total: 1999 },
        ],
        totals: { items: 18_799, discount: 2520, shipping: 3238, tax: 0, grand: 19_517 },
      },
    ]);
  });

  it.each([
    ['goods that are discontinued', { lines: [{ sku: 'OLD', quantity: 1 }] }, 'ordering.sku-unavailable'],
    ['goods that never were', { lines: [{ sku: 'NONE', quantity: 1 }] }, 'ordering.sku-unavailable'],
    [
      'goods in two currencies',
      {
        lines: [
          { sku: 'TEE', quantity: 1 },
          { sku: 'CAP', quantity: 1 },
        ],
      },
      'ordering.currency-mismatch',
    ],
    ['another total than was shown', { expectedTotal: { amount: 3997, currency: 'EUR' } }, 'ordering.price-changed'],
    ['a customer nobody knows', { by: sam, customerId: 'nobody' }, 'ordering.customer-unknown'],
    [
      'more than can be counted',
      { by: sam, lines: [{ sku: 'TEE', quantity: 100_000, unitPrice: Number.MAX_SAFE_INTEGER }] },
      'ordering.amount-too-large',
    ],
  ])('refuses %s, and leaves nothing behind', async (_, request, code) => {
    const orderId = newId();
    await expect(app.placeOrder({ orderId, ...request })).rejects.toMatchObject({ code });
    expect(await app.eventsOf(orderId)).toEqual([]);
    expect(await app.personalDataOf(orderId)).toBeUndefined();
  });

  it('gives an external number to one order, also of two at the same instant', async () => {
    const twins = [1, 2].map(() => app.placeOrder({ by: importer, externalNumber: '10249' }));
    const ends = await Promise.allSettled(twins);
    const refused = ends.flatMap((end) => (end.status === 'rejected' ? [end.reason as object] : []));
    expect(refused).toHaveLength(1);
    expect(refused[0]).toMatchObject({ code: 'ordering.external-number-taken', externalNumber: '10249' });
  });

  it('is one order for one key, however often it is sent', async () => {
    const first = await app.placeOrder({}, 'twice');
    const again = await Promise.all([app.placeOrder({}, 'twice'), app.placeOrder({}, 'twice')]);
    expect(again).toEqual([first, first]);
  });

  it('is seen by nobody but its customer and staff', async () => {
    const { id } = await app.placeOrder();
    const lookUp = (onlyCustomerId: string | null) =>
      app.ask(new GetOrderSummaryQuery({ order: { id }, onlyCustomerId }));
    await expect(lookUp('eve')).rejects.toMatchObject({ code: 'not-found' });
    expect(await lookUp(ada.id)).toEqual(await lookUp(null));
  });
});
