import { NotificationsApp } from '../../../../test/support/notifications-app.js';
import { RecordDeliveryCommand } from './record-delivery.command.js';

let app: NotificationsApp;
beforeAll(async () => void (app = await NotificationsApp.open(import.meta.url)), 30_000);
afterAll(() => app.close());

describe('recording how a delivery ended', () => {
  it('keeps the first end', async () => {
    const orderId = await app.place();
    const row = await app.settled(orderId);
    expect(row).toMatchObject({ status: 'skipped', reason: 'no-email' });
    const { notification_id } = row;
    await app.ordering.execute(new RecordDeliveryCommand(notification_id, { status: 'sent', via: 'mail' }));
    expect(await app.settled(orderId)).toMatchObject({ status: 'skipped', via: null });
  });
});
