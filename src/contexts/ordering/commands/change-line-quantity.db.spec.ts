import { OrderingApp, ada, eve } from '../../../../test/support/ordering-app.js';
import { LineQuantityChanged } from '../contracts/ordering.events.js';
import { AddLineCommand } from './add-line.command.js';
import { ChangeLineQuantityCommand } from './change-line-quantity.command.js';

let app: OrderingApp;
beforeAll(async () => void (app = await OrderingApp.open(import.meta.url)), 30_000);
afterAll(() => app.close());

describe('changing the quantity of a line', () => {
  let orderId: string;
  const change = (quantity: number, by = ada) =>
    app.execute(new ChangeLineQuantityCommand({ orderId, by }, { lineId: 'line-1', quantity }));

  beforeEach(async () => {
    orderId = await app.draft();
    await app.execute(new AddLineCommand({ orderId, by: ada }, { lineId: 'line-1', sku: 'TEE', quantity: 2 }));
  });

  it('makes the line ask for that many', async () => {
    expect(await change(3)).toEqual({ id: orderId, status: 'draft', version: 3 });
    const amounts = { gross: 5997, discount: 0, total: 5997 };
    expect((await app.eventsOf(orderId))[2]).toEqual(
      new LineQuantityChanged({ orderId, lineId: 'line-1', quantity: 3, ...amounts }),
    );
  });

  it('changes nothing where the line asks for that many already', async () => {
    expect(await change(2)).toEqual({ id: orderId, status: 'draft', version: 2 });
    expect(await app.eventsOf(orderId)).toHaveLength(2);
  });

  it('is refused for impossible quantities and to others', async () => {
    await expect(change(0)).rejects.toMatchObject({ code: 'ordering.quantity-invalid' });
    await expect(change(1, eve)).rejects.toMatchObject({ code: 'not-found' });
  });
});
