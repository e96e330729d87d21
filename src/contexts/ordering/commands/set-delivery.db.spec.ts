import { OrderingApp, ada, eve, shipTo } from '../../../../test/support/ordering-app.js';
import { DeliverySet } from '../contracts/ordering.events.js';
import { SetDeliveryCommand } from './set-delivery.command.js';

let app: OrderingApp;
beforeAll(async () => void (app = await OrderingApp.open(import.meta.url)), 30_000);
afterAll(() => app.close());

describe('setting the delivery', () => {
  it('keeps the address beside the log and the fee in it', async () => {
    const orderId = await app.draft();
    const shippingFee = { amount: 495, currency: 'EUR' };
    expect(await app.execute(new SetDeliveryCommand({ orderId, by: ada }, { shipTo, shippingFee }))).toMatchObject({
      version: 2,
    });
    expect((await app.eventsOf(orderId))[1]).toEqual(new DeliverySet(orderId, shippingFee));
    expect(await app.personalDataOf(orderId)).toEqual({ shipTo });
  });

  it('replaces the address before', async () => {
    const orderId = await app.draft();
    await app.execute(new SetDeliveryCommand({ orderId, by: ada }, { shipTo, shippingFee: null }));
    const moved = { ...shipTo, street: '2 Long Row' };
    await app.execute(new SetDeliveryCommand({ orderId, by: ada }, { shipTo: moved, shippingFee: null }));
    expect(await app.personalDataOf(orderId)).toEqual({ shipTo: moved });
  });

  it('is refused to others, whose address goes nowhere', async () => {
    const orderId = await app.draft();
    const foreign = app.execute(new SetDeliveryCommand({ orderId, by: eve }, { shipTo, shippingFee: null }));
    await expect(foreign).rejects.toMatchObject({ code: 'not-found' });
    expect(await app.personalDataOf(orderId)).toBeUndefined();
  });
});
