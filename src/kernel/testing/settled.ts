import type { INestApplicationContext } from '@nestjs/common';
import { Pools } from '../database/pools.js';
import { LogTail } from '../event-log/log-tail.js';
import { sequence } from '../event-log/sql/sequence.js';
import { SubscriptionProgress } from '../subscriptions/subscription-progress.js';
import { hasEventsBetween } from '../subscriptions/sql/checkpoints.js';
import type { Subscriber } from '../subscriptions/subscriber.js';
import { SubscriptionCatalog } from '../subscriptions/subscription-catalog.js';
import { until } from './until.js';

const SEQUENCE_BATCH = 500;

/**
 * Waits until nothing is left to be done: every committed event has its position, every subscription has come to the end
 * of the log, also with what event handlers have caused meanwhile, and every outgoing command and effect that is due is
 * done. Failed events are not waited for.
 *
 * @throws Error naming who is behind, when it doesn't come to rest within 10 s.
 */
export async function settled(app: INestApplicationContext): Promise<void> {
  for (let before = -1; ;) {
    const head = await sequencedHead(app);
    await until(`subscriptions reach position ${head}`, async () => (await behind(app, head)).length === 0).catch(
      async (error: unknown) => {
        throw new Error(`${(error as Error).message} Behind: ${(await behind(app, head)).join(', ')}.`);
      },
    );
    await until('outgoing commands are done', () => hasNoCommandDue(app));
    await until('effects are carried out', () => hasNoEffectDue(app));
    if (head === before) return;
    before = head;
  }
}

async function sequencedHead(app: INestApplicationContext): Promise<number> {
  const pools = app.get(Pools, { strict: false });
  for (;;) {
    const { head, assigned } = await sequence(pools.worker, SEQUENCE_BATCH);
    if (assigned > 0) continue;
    app.get(LogTail, { strict: false }).wake();
    return head;
  }
}

async function behind(app: INestApplicationContext, head: number): Promise<string[]> {
  const all = app.get(SubscriptionCatalog, { strict: false }).declared();
  const found = await Promise.all(all.map(async (one) => ((await hasReached(app, one, head)) ? [] : [one.name])));
  return found.flat();
}

async function hasReached(
  app: INestApplicationContext,
  { name, eventNames }: Subscriber,
  to: number,
): Promise<boolean> {
  const after = await app.get(SubscriptionProgress, { strict: false }).position(name);
  if (after >= to) return true;
  const { worker } = app.get(Pools, { strict: false });
  return !(await hasEventsBetween(worker, { after, to, subscription: name, names: eventNames }));
}

async function hasNoCommandDue(app: INestApplicationContext): Promise<boolean> {
  const { rowCount } = await app.get(Pools, { strict: false }).worker.query(
    `SELECT FROM kernel.outgoing_commands o WHERE o.state = 'queued' AND o.due_at <= clock_timestamp()
        AND NOT EXISTS (SELECT FROM kernel.outgoing_commands p
                         WHERE p.instance = o.instance AND p.seq < o.seq AND p.state = 'dead-lettered') LIMIT 1`,
  );
  return rowCount === 0;
}

async function hasNoEffectDue(app: INestApplicationContext): Promise<boolean> {
  const { rowCount } = await app
    .get(Pools, { strict: false })
    .worker.query(
      `SELECT FROM kernel.effects WHERE state = 'running' OR (state = 'pending' AND due_at <= clock_timestamp()) LIMIT 1`,
    );
  return rowCount === 0;
}
