import { OrderingApp, ada, sam } from '../../../../test/support/ordering-app.js';
import { DiscountRemoved } from '../contracts/ordering.events.js';
import { AddLineCommand } from './add-line.command.js';
import { GrantDiscountCommand } from './grant-discount.command.js';
import { RemoveDiscountCommand } from './remove-discount.command.js';
import { RemoveLineCommand } from './remove-line.command.js';

let app: OrderingApp;
beforeAll(async () => void (app = await OrderingApp.open(import.meta.url)), 30_000);
afterAll(() => app.close());

describe('removing a discount', () => {
  it('takes it back, once, so that its lines may go', async () => {
    const orderId = await app.draft();
    const amount = { amount: 1000, currency: 'EUR' };
    await app.execute(new AddLineCommand({ orderId, by: ada }, { lineId: 'line-1', sku: 'TEE', quantity: 1 }));
    await app.execute(new GrantDiscountCommand({ orderId, by: sam }, { discountId: 'd-1', amount, reason: 'late' }));
    await expect(app.execute(new RemoveLineCommand({ orderId, by: ada }, 'line-1'))).rejects.toMatchObject({
      code: 'ordering.discount-exceeds-total',
    });

    const remove = () => app.execute(new RemoveDiscountCommand({ orderId, by: sam }, 'd-1'));
    expect(await remove()).toEqual({ id: orderId, status: 'draft', version: 4 });
    expect((await app.eventsOf(orderId))[3]).toEqual(new DiscountRemoved({ orderId, discountId: 'd-1', ...amount }));
    await expect(remove()).rejects.toMatchObject({ code: 'not-found' });
    expect(await app.execute(new RemoveLineCommand({ orderId, by: ada }, 'line-1'))).toMatchObject({ version: 5 });
  });
});
