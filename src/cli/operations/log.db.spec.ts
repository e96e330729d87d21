import { CommandLine } from '../../../test/support/command-line.js';
import { OrderingApp } from '../../../test/support/ordering-app.js';
import { LogEpoch } from '../../kernel/event-log/epoch.js';
import { eventually } from '../../kernel/testing/eventually.js';
import { registerLog } from './log.js';

const PATIENCE_MS = 60_000;

let app: OrderingApp;
let waybill: CommandLine;
beforeAll(async () => {
  app = await OrderingApp.open(import.meta.url);
  waybill = new CommandLine([registerLog], app.db.environment);
}, PATIENCE_MS);
afterAll(async () => {
  waybill.close();
  await app.close();
});

describe('waybill log begin-epoch', () => {
  it(
    'begins an epoch, which a running process learns of by itself, and is audited',
    async () => {
      const epoch = app.waybill.app.get(LogEpoch);
      const before = epoch.current;
      await waybill.run('log', 'begin-epoch', '--reason', 'the snapshot of Monday was restored');
      await eventually(async () => expect(epoch.current).not.toBe(before));
      const { rows } = await app.db.pools.app.query(
        `SELECT e.reason, a.action, a.reason AS why, a.principal LIKE 'cli:%' AS "byCli" FROM kernel.epochs e, kernel.audit a
          WHERE e.epoch = $1 AND a.detail->>'epoch' = $1::text`,
        [epoch.current],
      );
      const reason = 'the snapshot of Monday was restored';
      expect(rows).toEqual([{ reason, why: reason, action: 'log.begin-epoch', byCli: true }]);
      await app.placeOrder();
    },
    PATIENCE_MS,
  );

  it('wants a reason', async () => {
    await expect(waybill.run('log', 'begin-epoch')).rejects.toMatchObject({
      code: 'commander.missingMandatoryOptionValue',
    });
  });
});
