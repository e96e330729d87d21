import { CommanderError } from 'commander';
import { CommandLine } from '../../../test/support/command-line.js';
import { OrderingApp } from '../../../test/support/ordering-app.js';
import { withOwner } from '../../platform/database/prepare.js';
import { DeadLetters } from '../../kernel/subscriptions/dead-letters.js';
import { eventually } from '../../kernel/testing/eventually.js';
import { CliExit } from '../cli.js';
import { registerDeadLetters } from './dead-letters.js';
import { registerEvents } from './events.js';
import { registerStatus } from './status.js';
import { registerSubscriptions } from './subscriptions.js';

const SEARCH = 'ordering.order-search';
/** Every call starts a Waybill of its own. */
const PATIENCE_MS = 60_000;

interface Email {
  readonly id: number;
  readonly data: { readonly number: string };
}

let app: OrderingApp;
let waybill: CommandLine;
beforeAll(async () => {
  app = await OrderingApp.open(import.meta.url);
  waybill = new CommandLine(
    [registerStatus, registerSubscriptions, registerDeadLetters, registerEvents],
    app.db.environment,
  );
}, PATIENCE_MS);
afterAll(async () => {
  waybill.close();
  await app.close();
});

/** An order that the search view doesn't take, once it is too narrow. */
async function failedOrder(): Promise<string> {
  const { id } = await app.placeOrder({ lines: [{ sku: 'TEE', quantity: 666 }] });
  const letters = app.waybill.app.get(DeadLetters);
  await eventually(async () => expect(await letters.find({ subscription: SEARCH, key: id })).toHaveLength(1));
  return id;
}
const narrow = (sql: string) =>
  withOwner(app.db.url, (client) => client.query(`ALTER TABLE ordering_read.order_search ${sql}`));

describe('waybill, while all is well', () => {
  it(
    'says so, and shows who reads what',
    async () => {
      await app.placeOrder();
      await eventually(async () =>
        expect(await waybill.run('status')).toMatch(/^✔ The log has [^]*✔ 1 replica works on/),
      );
      const list = await waybill.run('subscriptions');
      expect(list).toMatch(/^SUBSCRIPTION +KIND +STATUS +POSITION +BEHIND +LAG +OWNED +FAILED EVENTS\n/);
      expect(list).toMatch(/\nordering\.order-search +async +running .* 8\/8 +–/);
      const one = await waybill.run('subscriptions', 'show', SEARCH);
      expect(one).toMatch(/Status +running\n[^]*PARTITION +POSITION +BEHIND +FENCE/);
      expect(await waybill.json('subscriptions', 'show', SEARCH)).toMatchObject({ name: SEARCH, kind: 'async' });
      await expect(waybill.run('subscriptions', 'show', 'nobody.knows')).rejects.toMatchObject({ exitCode: 1 });
    },
    PATIENCE_MS,
  );

  it(
    'shows the log, an event, and what an order came from',
    async () => {
      const { id, number } = await app.placeOrder();
      const [last] = (await waybill.run('events', 'tail', '-n', '1')).split('\n');
      expect(last).toMatch(
        new RegExp(`^ +\\d+ +\\S+ \\S+ +ordering\\.order-placed +ordering\\.order:${id}@1 +customer ada$`),
      );
      const named = await waybill.run('events', '-n', '1', '--name', 'ordering.order-placed', '--json');
      const event = JSON.parse(named) as { position: number; eventId: string };
      expect(event).toMatchObject({ stream: `ordering.order:${id}` });
      expect(await waybill.run('events', '--after', String(event.position))).toBe('');
      expect(await waybill.json('events', 'show', String(event.position))).toEqual(event);
      expect(await waybill.run('events', 'show', event.eventId)).toContain(`"number": "${number}"`);
      const tree = await waybill.run('events', 'tree', id);
      expect(tree).toMatch(/^1 event of 1 request\n\nPlaceOrderCommand +by customer ada .*\n└─ ordering\.order-placed/);
      expect(await waybill.run('events', 'tree', number)).toBe(tree);
      for (const args of [
        ['events', 'show', '999999'],
        ['events', 'tree', 'SO-9'],
        ['events', 'tree', 'nobody'],
      ])
        await expect(waybill.run(...args)).rejects.toMatchObject({ exitCode: 1 });
    },
    PATIENCE_MS,
  );
});

describe('waybill, while a view does not take an order', () => {
  beforeAll(() => narrow('ADD CONSTRAINT narrow CHECK (units <> 666)'));

  it(
    'shows failed events, and lets them be dropped, corrected, or tried again',
    async () => {
      const [dropped, corrected, retried] = [await failedOrder(), await failedOrder(), await failedOrder()];
      const letters = await waybill.json<Email[]>('dead-letters');
      const [first, second] = letters as [Email, Email];
      expect(await waybill.run('dead-letters', 'list', '--error', 'NARROW')).toMatch(
        /ID +SUBSCRIPTION +STATE[^]*narrow/,
      );
      expect(await waybill.run('dead-letters', 'show', String(first.id))).toMatch(
        /State +retrying[^]*"narrow"[^]*Data:/,
      );

      await waybill.run('dead-letters', 'discard', String(first.id), '--reason', 'a joke');
      const data = JSON.stringify({ ...second.data, lines: [] });
      await waybill.run('dead-letters', 'edit', String(second.id), '--data', data, '--reason', 'nothing ordered');
      const dry = await waybill.run('dead-letters', 'retry', '--subscription', SEARCH, '--dry-run');
      expect(dry).toMatch(/^Would be retried: \d keys?,/);
      await narrow('DROP CONSTRAINT narrow');
      expect(await waybill.json('dead-letters', 'retry', '--all')).toMatchObject({ dryRun: false });

      const rows = () =>
        app.db.pools.query.query('SELECT order_id, units FROM ordering_read.order_search WHERE order_id = ANY ($1)', [
          [dropped, corrected, retried],
        ]);
      await eventually(async () => expect((await rows()).rowCount).toBe(2));
      expect((await rows()).rows).toEqual(
        expect.arrayContaining([
          { order_id: corrected, units: 0 },
          { order_id: retried, units: 666 },
        ]),
      );
      expect(await waybill.run('dead-letters')).toBe('No dead letters.');
      const { rows: audit } = await app.db.pools.query.query(
        `SELECT action, reason FROM kernel.audit WHERE principal LIKE 'cli:%' ORDER BY id`,
      );
      expect(audit).toEqual([
        { action: 'dead-letters.discard', reason: 'a joke' },
        { action: 'dead-letters.edit', reason: 'nothing ordered' },
        { action: 'dead-letters.retry', reason: null },
      ]);
    },
    PATIENCE_MS,
  );
});

describe('waybill', () => {
  it('ends with 1 where an operator must act, also as JSON', async () => {
    await app.db.pools.app.query(
      `INSERT INTO kernel.failed_events (subscription, key, position, partition, event_id, state, error)
       SELECT $1, 'somebody', l.position, 0, l.event_id, 'dead-lettered', 'given up' FROM kernel.log l LIMIT 1`,
      [SEARCH],
    );
    const status = waybill.run('status');
    await expect(status).rejects.toMatchObject({ exitCode: 1, printed: expect.stringContaining('1 dead-lettered') });
    const json = await waybill.run('status', '--json').catch((error: { printed: string }) => error.printed);
    expect(JSON.parse(json)).toMatchObject({ log: { gaps: 0 }, subscriptions: expect.any(Array) });
  }, 60_000);

  it('starts an event handler anew, and sends views to their rebuild', async () => {
    const name = 'notifications.notify-order-discarded';
    await waybill.run('subscriptions', 'restart', name, '--from', 'now', '--reason', 'restored');
    const [entry] = await app.db.pools.app
      .query<{ principal: string; subject: string; reason: string }>(
        `SELECT principal, subject, reason FROM kernel.audit WHERE action = 'subscriptions.restart'`,
      )
      .then(({ rows }) => rows);
    expect(entry).toEqual({ principal: expect.stringMatching(/^cli:/), subject: name, reason: 'restored' });
    const view = waybill.run('subscriptions', 'restart', SEARCH, '--from', '1', '--reason', 'restored');
    await expect(view).rejects.toMatchObject({ exitCode: 1, message: expect.stringContaining(`rebuild ${SEARCH}`) });
  }, 60_000);

  it('takes nothing for everything, and says how it is used', async () => {
    for (const args of [
      ['dead-letters', 'retry'],
      ['dead-letters', 'retry', '1', '--all'],
      ['dead-letters', 'edit', '1'],
      ['dead-letters', 'edit', '1', '--data', '[]'],
    ]) {
      const end = waybill.run(...args);
      await expect(end).rejects.toBeInstanceOf(CliExit);
      await expect(end).rejects.toMatchObject({ exitCode: 2 });
    }
    for (const args of [
      ['dead-letters', 'show', 'x'],
      ['dead-letters', 'discard', '1'],
      ['dead-letters', 'list', '--state', 'lost'],
      ['events', 'tail', '-n', 'all'],
      ['subscriptions', 'repartition', SEARCH, 'many'],
      ['subscriptions', 'restart', SEARCH, '--from', 'somewhere', '--reason', 'x'],
      ['subscriptions', 'restart', SEARCH, '--from', 'now'],
    ])
      await expect(waybill.run(...args)).rejects.toBeInstanceOf(CommanderError);
  });
});
