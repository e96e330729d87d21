import { eventually } from '#kernel/testing';
import { NotificationsApp } from '../../../../test/support/notifications-app.js';

let app: NotificationsApp;
beforeAll(async () => {
  app = await NotificationsApp.open(import.meta.url);
  await app.customer('ada', 'ada@example.org');
}, 30_000);
afterAll(() => app.close());

const owner = <R extends object>(text: string, ...values: unknown[]) =>
  app.ordering.db.pools.app.query<R>(text, values);
const eventOf = async (orderId: string, name: string): Promise<string> => {
  const text = 'SELECT event_id FROM kernel.events WHERE stream_id = $1 AND name = $2';
  const { rows } = await owner<{ event_id: string }>(text, `ordering.order:${orderId}`, name);
  return rows[0]!.event_id;
};
const positionsOf = async (subscription: string): Promise<number> => {
  const text = 'SELECT min(position) AS position FROM kernel.checkpoints WHERE subscription = $1';
  return (await owner<{ position: number }>(text, subscription)).rows[0]!.position;
};

describe('a customer', () => {
  it('is told when their order is placed', async () => {
    const orderId = await app.place();
    const row = await app.settled(orderId);
    expect(row).toMatchObject({
      event_id: await eventOf(orderId, 'ordering.order-placed'),
      customer_id: 'ada',
      matter: { about: 'order-placed', lines: [{ name: 'Black tee', quantity: 2 }] },
      status: 'sent',
      via: 'log',
    });
    expect(JSON.stringify(row)).not.toContain('ada@example.org');
  });

  it('is told when their draft is discarded', async () => {
    const orderId = await app.discardDraft();
    expect(await app.settled(orderId)).toMatchObject({
      event_id: await eventOf(orderId, 'ordering.order-discarded'),
      customer_id: 'ada',
      matter: { about: 'order-discarded' },
      status: 'sent',
    });
  });

  it('is told nothing of history that was taken over', async () => {
    const taken = await app.takeOver();
    const placed = await app.place();
    expect(await app.settled(placed)).toMatchObject({ status: 'sent' });
    expect(await app.rows(taken)).toEqual([]);
  });

  it('is told once, also when the log is read again from the start', async () => {
    const orderId = await app.place();
    expect(await app.settled(orderId)).toMatchObject({ status: 'sent' });
    const reached = await positionsOf('notifications.notify-order-placed');
    await owner(
      `UPDATE kernel.checkpoints SET position = 0, event_id = NULL, fence = fence + 1 WHERE subscription LIKE 'notifications.%'`,
    );
    await app.place();
    await eventually(async () =>
      expect(await positionsOf('notifications.notify-order-placed')).toBeGreaterThan(reached),
    );
    const [row] = await app.rows(orderId);
    expect(await app.intents(row!.notification_id)).toMatchObject([{ state: 'done', attempts: 1 }]);
    const { rows } = await owner<{ count: number }>(
      'SELECT count(*) FROM notifications.notifications GROUP BY event_id',
    );
    expect(rows.every(({ count }) => count === 1)).toBe(true);
  });
});
