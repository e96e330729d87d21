import { OrderingApp, ada, eve, noon, sam } from '../../../../test/support/ordering-app.js';
import { newId } from '#kernel';
import { OrderStarted } from '../contracts/ordering.events.js';
import { StartDraftCommand } from './start-draft.command.js';

let app: OrderingApp;
beforeAll(async () => void (app = await OrderingApp.open(import.meta.url)), 30_000);
afterAll(() => app.close());

describe('starting an order', () => {
  it('makes an empty draft', async () => {
    const orderId = newId();
    const order = { orderId, by: ada, customerId: 'ada', startedAt: noon };
    expect(await app.execute(new StartDraftCommand(order))).toEqual({ id: orderId, status: 'draft', version: 1 });
    expect(await app.eventsOf(orderId)).toEqual([new OrderStarted(orderId, 'ada', noon)]);
  });

  it('is for customers whom staff can name, and for whoever signed in', async () => {
    const start = (by: typeof ada, customerId: string) =>
      app.execute(new StartDraftCommand({ orderId: newId(), by, customerId, startedAt: noon }));
    await expect(start(sam, 'eve')).rejects.toMatchObject({ code: 'ordering.customer-unknown', customerId: 'eve' });
    expect(await start(eve, 'eve')).toMatchObject({ version: 1 });
    expect(await start(sam, 'ada')).toMatchObject({ version: 1 });
  });
});
