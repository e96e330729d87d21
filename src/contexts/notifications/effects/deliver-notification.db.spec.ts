import { MailBox } from '../../../../test/support/mail-box.js';
import { NotificationsApp } from '../../../../test/support/notifications-app.js';
import { eventually } from '#kernel/testing';

let app: NotificationsApp;
let box: MailBox;
beforeAll(async () => {
  box = await MailBox.open();
  const SMTP_FROM = 'Waybill <orders@shop.example>';
  app = await NotificationsApp.open(import.meta.url, { SMTP_URL: box.url, SMTP_FROM });
}, 30_000);
afterAll(async () => {
  await app.close();
  await box.close();
});

describe('a letter', () => {
  it('goes to the address that the customer has by then, as plain text, with a Message-ID of its own', async () => {
    await app.customer('bob', 'bob@example.org');
    const orderId = await app.place('bob');
    const row = await app.settled(orderId);
    expect(row).toMatchObject({ status: 'sent', via: 'mail', reason: null });
    const { notification_id } = row;

    const [mail, ...others] = box.mailsTo('bob@example.org');
    expect(others).toEqual([]);
    expect(mail!.from).toBe('orders@shop.example');
    expect(mail!.source).toMatch(/^Subject: Order SO-\d+ confirmed\r$/m);
    expect(mail!.source).toMatch(/^From: Waybill <orders@shop\.example>\r$/m);
    expect(mail!.source).toMatch(/^Content-Type: text\/plain; charset=utf-8\r$/m);
    expect(mail!.source).toContain(`Message-ID: <${notification_id}@shop.example>`);
    expect(mail!.source).toContain('Total: 39.98 EUR');
  });

  it('goes out once, though the server was busy at first', async () => {
    await app.customer('cleo', 'cleo@example.org');
    box.busyFor = 1;
    const orderId = await app.place('cleo');
    const row = await app.settled(orderId);
    expect(row).toMatchObject({ status: 'sent' });
    const { notification_id } = row;
    await eventually(async () =>
      expect(await app.intents(notification_id)).toMatchObject([{ state: 'done', attempts: 2 }]),
    );
    expect(box.mailsTo('cleo@example.org')).toHaveLength(1);
  });

  it('goes out again as the same message when nobody heard that it had', async () => {
    await app.customer('dora', 'dora@example.org');
    const orderId = await app.place('dora');
    const row = await app.settled(orderId);
    expect(row).toMatchObject({ status: 'sent' });
    const { notification_id } = row;
    await eventually(async () => expect(await app.intents(notification_id)).toMatchObject([{ state: 'done' }]));
    const { app: pool } = app.ordering.db.pools;
    const unsettle = `UPDATE notifications.notifications SET status = 'pending', via = NULL, settled_at = NULL`;
    await pool.query(`${unsettle} WHERE notification_id = $1`, [notification_id]);
    await pool.query(`UPDATE kernel.effects SET state = 'running', due_at = now() WHERE key = $1`, [notification_id]);

    await eventually(() => expect(box.mailsTo('dora@example.org')).toHaveLength(2));
    const ids = box.mailsTo('dora@example.org').map(({ source }) => /^Message-ID: (.+)\r$/m.exec(source)![1]);
    expect(new Set(ids).size).toBe(1);
    expect(await app.settled(orderId)).toMatchObject({ status: 'sent' });
  });

  it('is not written to a customer without an address', async () => {
    await app.customer('emil', null);
    expect(await app.settled(await app.place('emil'))).toMatchObject({
      status: 'skipped',
      reason: 'no-email',
      via: null,
    });
  });

  it('is tried again while the server refuses the sender, dead-lettered in the end, and shown by the status all along', async () => {
    await app.customer('gina', 'gina@example.org');
    box.refusesSender = true;
    const orderId = await app.place('gina');
    const { app: pool } = app.ordering.db.pools;
    await eventually(async () =>
      expect(await app.deliveryFindings()).toEqual(['warning: notifications.deliver: 1 call failed']),
    );
    await pool.query(`UPDATE kernel.effects SET attempts = 11 WHERE state = 'pending'`);
    await eventually(async () =>
      expect(await app.deliveryFindings()).toEqual([
        'failure: notifications.deliver: 1 call dead-lettered after too many failed attempts',
      ]),
    );
    const [deadLettered] = await app.deadLettered.find({ state: 'dead-lettered' });
    expect(deadLettered!.error).toContain('EENVELOPE 550 5.7.60 after MAIL FROM');

    box.refusesSender = false;
    await app.deadLettered.retry({ kind: 'notifications.deliver' }, { by: { id: 'ops' }, reason: undefined });
    expect(await app.settled(orderId)).toMatchObject({ status: 'sent' });
    expect(box.mailsTo('gina@example.org')).toHaveLength(1);
  });

  it('is given up when the address is refused, which is written down without the address', async () => {
    await app.customer('fred', 'fred@example.org');
    box.unknown.add('fred@example.org');
    const orderId = await app.place('fred');
    const row = await app.settled(orderId);
    expect(row).toMatchObject({ status: 'undeliverable', reason: 'address-refused' });
    const { notification_id } = row;
    await eventually(async () => expect(await app.intents(notification_id)).toMatchObject([{ state: 'done' }]));
    const { rows } = await app.ordering.db.pools.app.query('SELECT e::text AS said FROM kernel.effects e');
    expect(JSON.stringify(rows)).not.toContain('example.org');
  });
});
