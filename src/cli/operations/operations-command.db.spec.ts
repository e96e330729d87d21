import { CommanderError } from 'commander';
import { newId } from '#kernel';
import { freshDatabase, type FreshDatabase } from '#platform/testing';
import { CommandLine } from '../../../test/support/command-line.js';
import { CliExit } from '../cli.js';
import { registerOperations } from './operations.js';

const [deadLettered, done] = [newId(), newId()];
let db: FreshDatabase;
let waybill: CommandLine;
beforeAll(async () => {
  db = await freshDatabase(import.meta.url);
  waybill = new CommandLine([registerOperations], db.environment);
  await db.pools.app.query(
    `INSERT INTO kernel.outgoing_commands
       (id, instance, name, data, context, state, attempts, error, due_at, finished_at, operation, resource)
     SELECT id, id, 'toy.call', '{"secret":"Long Row"}', '{"tenant":"default","principal":{"id":"ada","roles":[]}}', state,
            10, 'gone', now(), CASE state WHEN 'dead-lettered' THEN NULL ELSE now() END, operation,
            '{"type":"toy","href":"/toys/:id"}'
       FROM (VALUES ($1::uuid, 'dead-lettered', 'POST /toys'), ($2, 'succeeded', 'POST /toys'),
                    (gen_random_uuid(), 'dead-lettered', NULL)) AS v (id, state, operation)`,
    [deadLettered, done],
  );
  await db.pools.app.query(
    `INSERT INTO kernel.idempotency (tenant, principal, operation, key, fingerprint, kind, command_id, outcome, body)
     VALUES ('default', 'ada', 'toy.call', $1, '', 'client', gen_random_uuid(), 'result', '{"id":"t1"}')`,
    [done],
  );
}, 30_000);
afterAll(async () => {
  waybill.close();
  await db.drop();
});

describe('waybill operations', () => {
  it('lists what clients wait for, without what they sent', async () => {
    const open = await waybill.json<object[]>('operations');
    expect(open).toEqual([
      expect.objectContaining({
        id: deadLettered,
        status: 'queued',
        step: 'dead-lettered',
        fault: 'gone',
        principal: 'ada',
      }),
    ]);
    expect(await waybill.run('operations')).toMatch(
      /ID +TYPE +STATUS .*\n\S+ +toy\.call +queued, dead-lettered .* 10 +gone/,
    );
    expect(JSON.stringify(open)).not.toContain('Long Row');
  });

  it('shows one, also after its end', async () => {
    expect(await waybill.run('operations', 'show', done)).toMatch(/Status +succeeded\n[^]*Made +\/toys\/t1/);
    expect(await waybill.json('operations', 'show', deadLettered)).toMatchObject({ attempts: 10, resource: null });
    await expect(waybill.run('operations', 'show', newId())).rejects.toBeInstanceOf(CliExit);
    await expect(waybill.run('operations', 'show', '7')).rejects.toBeInstanceOf(CommanderError);
  });

  it('has a dead-lettered one tried again or cancelled, with who and why in the audit', async () => {
    expect(await waybill.run('operations', 'retry', deadLettered, '--reason', 'mended')).toBe(
      `Retrying ${deadLettered}.`,
    );
    await expect(waybill.run('operations', 'retry', deadLettered)).rejects.toBeInstanceOf(CliExit);
    await expect(waybill.run('operations', 'cancel', deadLettered)).rejects.toBeInstanceOf(CommanderError);
    expect(await waybill.json('operations', 'cancel', deadLettered, '--reason', 'sent twice')).toEqual({
      cancelled: deadLettered,
    });
    await expect(waybill.run('operations', 'cancel', done, '--reason', 'x')).rejects.toBeInstanceOf(CliExit);
    expect(await waybill.run('operations')).toBe('No open operations.');
    const { rows } = await db.pools.app.query<object>('SELECT principal, action, reason FROM kernel.audit ORDER BY id');
    const principal = expect.stringMatching(/^cli:/);
    expect(rows).toEqual([
      { principal, action: 'operations.retry', reason: 'mended' },
      { principal, action: 'operations.cancel', reason: 'sent twice' },
    ]);
  });
});
