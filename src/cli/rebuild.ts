import { setTimeout as pause } from 'node:timers/promises';
import type { Command } from 'commander';
import type { Waybill } from '../boot.js';
import { ProjectionRebuild } from '../kernel/projections/projection-rebuild.js';
import { ProjectionRegistry } from '../kernel/projections/projection-registry.js';
import { cli, withWaybill } from './cli.js';

const READ_EVERY_MS = 500;

/** `waybill rebuild <name>`: fills a read view anew from the log. */
export function registerRebuild(program: Command): void {
  program
    .command('rebuild')
    .description('Rebuild a read view from the log, and wait until it has caught up.')
    .argument('<name>', 'the projection, for example ordering.order-search')
    .action(rebuild);
}

async function rebuild(name: string): Promise<void> {
  const isAsync = await withWaybill((waybill) => empty(waybill, name), { toleratesOutdatedViews: true });
  if (isAsync) {
    const catchingUp = { toleratesOutdatedViews: true, runSubscriptions: true };
    await withWaybill((waybill, interrupted) => caughtUp(waybill, name, interrupted), catchingUp);
  }
  cli.report(`Rebuilt ${name}.`);
}

/** An inline view is complete after this; an async one is empty, and filled by whoever runs subscriptions. */
async function empty({ app }: Waybill, name: string): Promise<boolean> {
  const rows = await app.get(ProjectionRebuild).rebuild(name);
  const isAsync = app.get(ProjectionRegistry).named(name)?.mode === 'async';
  if (!isAsync) cli.report(`${rows} rows written.`);
  return isAsync;
}

async function caughtUp({ database }: Waybill, name: string, interrupted: AbortSignal): Promise<void> {
  let before = -1;
  for (;;) {
    const { position, head } = await progress(database.pools.query, name);
    if (position !== before) cli.report(`${name}: ${position} of ${head} events`);
    if (position >= head) return;
    before = position;
    interrupted.throwIfAborted();
    await pause(READ_EVERY_MS, undefined, { signal: interrupted });
  }
}

async function progress(
  pool: Waybill['database']['pools']['query'],
  name: string,
): Promise<{ position: number; head: number }> {
  const { rows } = await pool.query<{ position: number; head: number }>(
    `SELECT min(c.position) AS position, min(s.head) AS head
       FROM kernel.log_state s, kernel.checkpoints c WHERE c.subscription = $1`,
    [name],
  );
  return rows[0]!;
}
