import { newId } from '#kernel';
import { OrderingApp, ada } from '../../../../test/support/ordering-app.js';
import { AddLineCommand } from '../commands/add-line.command.js';
import { ChangeLineQuantityCommand } from '../commands/change-line-quantity.command.js';
import { GetOrderEventsQuery } from './get-order-events.query.js';
import { GetOrderTimelineQuery } from './get-order-timeline.query.js';

let app: OrderingApp;
let orderId: string;
beforeAll(async () => {
  app = await OrderingApp.open(import.meta.url);
  orderId = await app.draft();
  await app.execute(new AddLineCommand({ orderId, by: ada }, { lineId: 'line-1', sku: 'MUG', quantity: 1 }), ada);
  for (const quantity of [2, 3, 4]) {
    const line = { lineId: 'line-1', quantity };
    await app.execute(new ChangeLineQuantityCommand({ orderId, by: ada }, line), ada);
  }
}, 30_000);
afterAll(() => app.close());

describe('the timeline of an order', () => {
  it('tells what happened, oldest first, in pages', async () => {
    const first = await app.ask(new GetOrderTimelineQuery({ orderId, onlyCustomerId: 'ada', limit: 3 }));
    expect(first.data.map(({ type, version }) => [type, version])).toEqual([
      ['ordering.order-started', 1],
      ['ordering.line-added', 2],
      ['ordering.line-quantity-changed', 3],
    ]);
    expect(first.data[1]).toMatchObject({ actor: ada, params: { sku: 'MUG', name: 'Mug à café', quantity: 1 } });
    const cursor = first.page.next!;
    const rest = await app.ask(new GetOrderTimelineQuery({ orderId, onlyCustomerId: 'ada', limit: 3, cursor }));
    expect(rest.data.map(({ version, params }) => [version, params['quantity']])).toEqual([
      [4, 3],
      [5, 4],
    ]);
    expect(rest.page.next).toBeNull();
  });

  it('is refused for orders that are absent or somebody else’s', async () => {
    for (const [id, onlyCustomerId] of [
      [newId(), null],
      [orderId, 'eve'],
    ] as const) {
      const ask = app.ask(new GetOrderTimelineQuery({ orderId: id, onlyCustomerId, limit: 3 }));
      await expect(ask).rejects.toMatchObject({ code: 'not-found' });
    }
  });
});

describe('the raw stream of an order', () => {
  it('shows events as they are stored, in pages', async () => {
    const { data, page } = await app.ask(new GetOrderEventsQuery({ orderId, limit: 1 }));
    expect(data).toMatchObject([
      {
        version: 1,
        name: 'ordering.order-started',
        schemaVersion: 1,
        actor: ada,
        data: { orderId, customerId: 'ada' },
      },
    ]);
    const rest = await app.ask(new GetOrderEventsQuery({ orderId, limit: 10, cursor: page.next! }));
    expect(rest.data.map(({ version }) => version)).toEqual([2, 3, 4, 5]);
  });

  it('is refused where there is none', async () => {
    await expect(app.ask(new GetOrderEventsQuery({ orderId: newId(), limit: 1 }))).rejects.toMatchObject({
      code: 'not-found',
    });
  });
});
