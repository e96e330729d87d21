import { OrderingApp, ada, eve, noon } from '../../../../test/support/ordering-app.js';
import { OrderDiscarded } from '../contracts/ordering.events.js';
import { DiscardDraftCommand } from './discard-draft.command.js';

let app: OrderingApp;
beforeAll(async () => void (app = await OrderingApp.open(import.meta.url)), 30_000);
afterAll(() => app.close());

describe('discarding a draft', () => {
  it('gives it up, once', async () => {
    const orderId = await app.draft();
    const discard = (by = ada) => app.execute(new DiscardDraftCommand({ orderId, by }, noon));
    await expect(discard(eve)).rejects.toMatchObject({ code: 'not-found' });
    expect(await discard()).toEqual({ id: orderId, status: 'discarded', version: 2 });
    expect(await discard()).toEqual({ id: orderId, status: 'discarded', version: 2 });
    expect((await app.eventsOf(orderId))[1]).toEqual(new OrderDiscarded(orderId, noon));
  });

  it('is refused once the order is placed', async () => {
    const { id } = await app.placeOrder();
    const discard = app.execute(new DiscardDraftCommand({ orderId: id, by: ada }, noon));
    await expect(discard).rejects.toMatchObject({ code: 'ordering.order-not-editable', status: 'placed' });
  });
});
