import { OrderingApp, ada, eve, sam } from '../../../../test/support/ordering-app.js';
import { newId } from '#kernel';
import { AddLineCommand } from './add-line.command.js';

let app: OrderingApp;
beforeAll(async () => void (app = await OrderingApp.open(import.meta.url)), 30_000);
afterAll(() => app.close());

const line = { lineId: 'line-1', sku: 'TEE', quantity: 2 };

describe('adding a line', () => {
  it('copies name and price from the catalog', async () => {
    const orderId = await app.draft();
    const added = await app.execute(new AddLineCommand({ orderId, by: ada, ifVersion: 1 }, line));
    expect(added).toEqual({ id: orderId, status: 'draft', version: 2, lineId: 'line-1' });
    expect((await app.eventsOf(orderId))[1]).toMatchObject({
      line: { sku: 'TEE', name: 'Black tee', unitPrice: 1999, total: 3998, currency: 'EUR', isNegotiated: false },
    });
  });

  it('takes the price that staff agreed upon', async () => {
    const orderId = await app.draft();
    await app.execute(new AddLineCommand({ orderId, by: sam }, { ...line, unitPrice: 1500, discountPercent: 10 }));
    expect((await app.eventsOf(orderId))[1]).toMatchObject({
      line: { unitPrice: 1500, total: 2700, isNegotiated: true },
    });
  });

  it.each(['OLD', 'NONE'])('refuses %s, which is not for sale', async (sku) => {
    const orderId = await app.draft();
    const add = app.execute(new AddLineCommand({ orderId, by: ada }, { ...line, sku }));
    await expect(add).rejects.toMatchObject({ code: 'ordering.sku-unavailable', skus: [sku] });
  });

  it('is refused at another version than the caller saw', async () => {
    const orderId = await app.draft();
    const edit = { orderId, by: ada, ifVersion: 1 };
    const tabs = [1, 2].map((tab) => app.execute(new AddLineCommand(edit, { ...line, lineId: `line-${tab}` })));
    const ends = await Promise.allSettled(tabs);
    expect(ends.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(ends.find(({ status }) => status === 'rejected')).toMatchObject({
      reason: { code: 'version-mismatch', currentVersion: 2 },
    });
  });

  it('looks to others as if the draft were not there, whatever version they name', async () => {
    const orderId = await app.draft();
    for (const ifVersion of [undefined, 1, 7]) {
      const foreign = app.execute(new AddLineCommand({ orderId, by: eve, ifVersion }, line));
      await expect(foreign).rejects.toMatchObject({ code: 'not-found', message: `There is no order ${orderId}.` });
    }
    const absentId = newId();
    const absent = app.execute(new AddLineCommand({ orderId: absentId, by: eve }, line));
    await expect(absent).rejects.toMatchObject({ code: 'not-found', message: `There is no order ${absentId}.` });
  });
});
