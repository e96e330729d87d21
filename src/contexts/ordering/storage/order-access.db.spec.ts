import { MessageContext, StreamReader, messageContext, newId } from '#kernel';
import type { Actor } from '#kernel/domain';
import { OrderingApp, ada, eve, importer, sam } from '../../../../test/support/ordering-app.js';
import { AddLineCommand } from '../commands/add-line.command.js';
import { ChangeLineQuantityCommand } from '../commands/change-line-quantity.command.js';
import { OrderAccess } from './order-access.js';

let app: OrderingApp;
let draftId: string;
let placedId: string;
const read: number[] = [];

/** Reads as the application does, and notes how many events came back. */
function countingReader(streams: StreamReader): StreamReader {
  const events = async (stream: string, part?: Parameters<StreamReader['events']>[1]): Promise<object[]> => {
    const found = await streams.events(stream, part);
    read.push(found.length);
    return found;
  };
  return { events } as unknown as StreamReader;
}

async function codeFor(orderId: string, by: Actor, tenant = 'default'): Promise<string | undefined> {
  const access = new OrderAccess(countingReader(app.waybill.app.get(StreamReader)));
  return messageContext.run(new MessageContext({ tenant, actor: by }), () =>
    access.assertAccess({ order: { orderId, by } }).then(
      () => undefined,
      (error: { code: string }) => error.code,
    ),
  );
}

beforeAll(async () => {
  app = await OrderingApp.open(import.meta.url);
  draftId = await app.draft();
  await app.execute(new AddLineCommand({ orderId: draftId, by: ada }, { lineId: 'line-1', sku: 'MUG', quantity: 1 }));
  for (let quantity = 2; quantity < 30; quantity += 1) {
    const line = { lineId: 'line-1', quantity };
    await app.execute(new ChangeLineQuantityCommand({ orderId: draftId, by: ada }, line));
  }
  placedId = (await app.placeOrder()).id;
}, 60_000);
afterAll(() => app.close());
beforeEach(() => void read.splice(0));

describe('access to an order', () => {
  it('is the customer’s own, however the order began', async () => {
    expect([await codeFor(draftId, ada), await codeFor(placedId, ada)]).toEqual([undefined, undefined]);
  });

  it('is refused to others alike for a foreign and an absent order, of which one event is read at most', async () => {
    expect([await codeFor(draftId, eve), await codeFor(placedId, eve), await codeFor(newId(), eve)]).toEqual([
      'not-found',
      'not-found',
      'not-found',
    ]);
    expect(read).toEqual([1, 1, 0]);
  });

  it('is refused to a customer of the same id in another tenant', async () => {
    expect(await codeFor(draftId, ada, 'north')).toBe('not-found');
  });

  it.each([sam, importer])('is open to staff and services without a look: %j', async (by) => {
    expect([await codeFor(draftId, by), read]).toEqual([undefined, []]);
  });
});
