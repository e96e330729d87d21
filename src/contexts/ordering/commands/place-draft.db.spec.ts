import { OrderingApp, ada, eve, noon, shipTo } from '../../../../test/support/ordering-app.js';
import { AddLineCommand } from './add-line.command.js';
import { PlaceDraftCommand, type DraftPlacement } from './place-draft.command.js';
import { SetDeliveryCommand } from './set-delivery.command.js';

let app: OrderingApp;
beforeAll(async () => void (app = await OrderingApp.open(import.meta.url)), 30_000);
afterAll(() => app.close());

const billTo = { ...shipTo, name: 'Accounts' };

/** A draft of two tees with a delivery; what placing it answers and leaves behind. */
async function draftOfTees(): Promise<string> {
  const orderId = await app.draft();
  await app.execute(new AddLineCommand({ orderId, by: ada }, { lineId: 'line-1', sku: 'TEE', quantity: 2 }));
  await app.execute(new SetDeliveryCommand({ orderId, by: ada }, { shipTo, billTo, shippingFee: null }));
  return orderId;
}

function place(orderId: string, placement: Partial<DraftPlacement> = {}, by = ada) {
  const terms = { paymentMethodToken: 'tok_ok', shortagePolicy: 'reject', placedAt: noon, ...placement } as const;
  return app.execute(new PlaceDraftCommand({ orderId, by }, terms));
}

describe('placing a draft', () => {
  it('orders it, and adds the means of payment and the note to the addresses that are known', async () => {
    const orderId = await draftOfTees();
    expect(await place(orderId, { note: 'Ring twice.' })).toMatchObject({
      id: orderId,
      version: 4,
      status: 'placed',
      total: { amount: 3998 },
    });
    expect((await app.eventsOf(orderId))[3]).toMatchObject({ orderId, placedAt: noon, totals: { grand: 3998 } });
    expect(await app.personalDataOf(orderId)).toEqual({
      shipTo,
      billTo,
      note: 'Ring twice.',
      paymentMethodToken: 'tok_ok',
    });
  });

  it('is one order, however often it is placed', async () => {
    const orderId = await draftOfTees();
    const first = await place(orderId);
    expect(await place(orderId)).toEqual(first);
    expect(await Promise.all([place(orderId), place(orderId)])).toEqual([first, first]);
    expect(await app.eventsOf(orderId)).toHaveLength(4);
  });

  it('is refused with a fresh quote when the price moved since the total was shown', async () => {
    const orderId = await draftOfTees();
    await app.sellAt('TEE', 2100);
    const expectedTotal = { amount: 3998, currency: 'EUR' };
    const quote = { total: { amount: 4200, currency: 'EUR' }, lines: [{ lineId: 'line-1', unitPrice: 2100 }] };
    await expect(place(orderId, { expectedTotal })).rejects.toMatchObject({ code: 'ordering.price-changed', quote });
    expect(await place(orderId, { expectedTotal: quote.total })).toMatchObject({ total: quote.total });
  });

  it('is refused without lines, without an address, and to others', async () => {
    const orderId = await app.draft();
    await expect(place(orderId)).rejects.toMatchObject({ code: 'ordering.order-empty' });
    await app.execute(new AddLineCommand({ orderId, by: ada }, { lineId: 'line-1', sku: 'MUG', quantity: 1 }));
    await expect(place(orderId)).rejects.toMatchObject({ code: 'ordering.delivery-missing' });
    await expect(place(orderId, {}, eve)).rejects.toMatchObject({ code: 'not-found' });
  });
});
