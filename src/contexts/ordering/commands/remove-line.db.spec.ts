import { OrderingApp, ada, eve } from '../../../../test/support/ordering-app.js';
import { LineRemoved } from '../contracts/ordering.events.js';
import { AddLineCommand } from './add-line.command.js';
import { RemoveLineCommand } from './remove-line.command.js';

let app: OrderingApp;
beforeAll(async () => void (app = await OrderingApp.open(import.meta.url)), 30_000);
afterAll(() => app.close());

describe('removing a line', () => {
  it('takes it out, once', async () => {
    const orderId = await app.draft();
    await app.execute(new AddLineCommand({ orderId, by: ada }, { lineId: 'line-1', sku: 'TEE', quantity: 2 }));
    await expect(app.execute(new RemoveLineCommand({ orderId, by: eve }, 'line-1'))).rejects.toMatchObject({
      code: 'not-found',
    });
    expect(await app.execute(new RemoveLineCommand({ orderId, by: ada }, 'line-1'))).toMatchObject({ version: 3 });
    expect((await app.eventsOf(orderId))[2]).toEqual(new LineRemoved(orderId, 'line-1'));
    await expect(app.execute(new RemoveLineCommand({ orderId, by: ada }, 'line-1'))).rejects.toMatchObject({
      code: 'not-found',
    });
  });
});
