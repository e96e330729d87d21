import { Command, CommanderError } from 'commander';
import { freshDatabase, type FreshDatabase } from '#platform/testing';
import { cli, CliExit } from '../cli.js';
import { registerEffects } from './effects.js';

let db: FreshDatabase;
const environment = { ...process.env };
beforeAll(async () => {
  db = await freshDatabase(import.meta.url);
  Object.assign(process.env, db.environment, { LOG_LEVEL: 'silent' });
  await db.pools.app.query(
    `INSERT INTO kernel.effects (tenant, kind, key, body, body_hash, context, state, attempts, due_at, error)
     VALUES ('default', 'toy.call', 'a', '{}', '', '{}', 'dead-lettered', 12, NULL, 'gone'),
            ('default', 'toy.call', 'b', '{}', '', '{}', 'dead-lettered', 1, NULL, 'refused'),
            ('default', 'toy.write', 'c', '{}', '', '{}', 'dead-lettered', 12, NULL, 'gone'),
            ('default', 'toy.call', 'd', '{}', '', '{}', 'done', 1, NULL, NULL)`,
  );
}, 30_000);
afterAll(async () => {
  process.env = environment;
  await db.drop();
});

/** What a call prints. */
async function effects(...args: string[]): Promise<string> {
  const printed: string[] = [];
  const { print, report } = cli;
  Object.assign(cli, { print: (line: string) => void printed.push(line), report: () => undefined });
  const program = new Command().exitOverride().configureOutput({ writeErr: () => undefined });
  registerEffects(program);
  for (const each of program.commands.flatMap((one) => [one, ...one.commands])) each.exitOverride();
  try {
    await program.parseAsync(['effects', ...args], { from: 'user' });
    return printed.join('\n');
  } finally {
    Object.assign(cli, { print, report });
  }
}
const keysIn = (json: string): string[] => (JSON.parse(json) as { key: string }[]).map(({ key }) => key);

describe('waybill effects', () => {
  it('lists what was given up, newest first, or what is asked for', async () => {
    expect(keysIn(await effects('list', '--json'))).toEqual(['c', 'b', 'a']);
    expect(keysIn(await effects('list', '--kind', 'toy.call', '--state', 'done', '--json'))).toEqual(['d']);
    expect(await effects()).toMatch(/KIND +KEY +STATE +TRIES +ERROR\n.*toy\.write +c +dead-lettered +12 +gone/);
    expect(await effects('list', '--state', 'running')).toBe('No effects are running.');
  });

  it('has given-up effects tried again, those that were meant and no other', async () => {
    const id = (JSON.parse(await effects('list', '--key', 'b', '--json')) as { id: number }[])[0]!.id;
    expect(await effects('retry', String(id), '--reason', 'mended')).toBe('Retrying 1 effect.');
    expect(keysIn(await effects('list', '--state', 'pending', '--json'))).toEqual(['b']);
    expect(await effects('retry', '--kind', 'toy.write')).toBe('Retrying 1 effect.');
    expect(keysIn(await effects('list', '--json'))).toEqual(['a']);
    const { rows } = await db.pools.app.query<{ principal: string; reason: string }>(
      `SELECT principal, reason FROM kernel.audit WHERE action = 'effects.retry' ORDER BY id`,
    );
    expect(rows).toEqual([
      { principal: expect.stringMatching(/^cli:/), reason: 'mended' },
      { principal: expect.stringMatching(/^cli:/), reason: null },
    ]);
  });

  it('never takes leaving something out for everything', async () => {
    await expect(effects('retry')).rejects.toBeInstanceOf(CliExit);
    await expect(effects('retry', '1', '--all')).rejects.toBeInstanceOf(CliExit);
    await expect(effects('retry', 'all')).rejects.toBeInstanceOf(CommanderError);
    await expect(effects('list', '--state', 'lost')).rejects.toBeInstanceOf(CommanderError);
  });
});
