import { OrderingApp, ada, sam } from '../../../../test/support/ordering-app.js';
import { DiscountGranted } from '../contracts/ordering.events.js';
import { AddLineCommand } from './add-line.command.js';
import { GrantDiscountCommand } from './grant-discount.command.js';

let app: OrderingApp;
beforeAll(async () => void (app = await OrderingApp.open(import.meta.url)), 30_000);
afterAll(() => app.close());

describe('granting a discount', () => {
  it('takes an amount off the whole draft, at most what it comes to', async () => {
    const orderId = await app.draft();
    await app.execute(new AddLineCommand({ orderId, by: ada }, { lineId: 'line-1', sku: 'TEE', quantity: 1 }));
    const amount = { amount: 1000, currency: 'EUR' };
    const grant = (discountId: string) =>
      app.execute(new GrantDiscountCommand({ orderId, by: sam }, { discountId, amount, reason: 'late last time' }));
    expect(await grant('d-1')).toEqual({ id: orderId, status: 'draft', version: 3, discountId: 'd-1' });
    expect((await app.eventsOf(orderId))[2]).toEqual(
      new DiscountGranted({ orderId, discountId: 'd-1', ...amount, reason: 'late last time' }),
    );
    await expect(grant('d-2')).rejects.toMatchObject({
      code: 'ordering.discount-exceeds-total',
      discount: 2000,
      total: 1999,
    });
  });
});
