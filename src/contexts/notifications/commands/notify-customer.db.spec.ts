import { derivedId, newId } from '#kernel';
import { NotificationsApp } from '../../../../test/support/notifications-app.js';
import { NotifyCustomerCommand } from './notify-customer.command.js';

let app: NotificationsApp;
beforeAll(async () => void (app = await NotificationsApp.open(import.meta.url)), 30_000);
afterAll(() => app.close());

describe('telling a customer of an event', () => {
  it('leaves one row and one intent, however often it is asked for', async () => {
    const [eventId, orderId] = [newId(), newId()];
    const matter = { about: 'order-discarded' } as const;
    const tell = () => app.ordering.execute(new NotifyCustomerCommand({ eventId, orderId, customerId: 'ada', matter }));
    await Promise.all([tell(), tell()]);
    await tell();

    const row = await app.settled(orderId);
    expect(row).toMatchObject({ event_id: eventId, customer_id: 'ada', matter });
    expect(row.notification_id).toBe(derivedId(eventId, 'order-discarded'));
    expect(await app.intents(row.notification_id)).toMatchObject([
      { kind: 'notifications.deliver', body: { notificationId: row.notification_id } },
    ]);
  });
});
