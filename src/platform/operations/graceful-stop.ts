import type { Server } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import type { INestApplicationContext } from '@nestjs/common';
import type { Configuration } from '#config';
import { BackgroundWork } from '../../kernel/background-work.js';
import { Pools } from '../../kernel/database/pools.js';
import { failpoint } from '../../kernel/failpoints.js';
import { OperationWaits } from '../../kernel/outgoing/operation-waits.js';
import { Lifecycle } from './lifecycle.js';

/** What is over its limit hands its leases over within this time, or they end by themselves. */
const HAND_OVER_MS = 1_000;

/** What a running process consists of, as far as ending it goes. */
export interface Running {
  readonly app: INestApplicationContext;
  /** What listens; undefined where nothing does. */
  readonly server: Server | undefined;
  /** Called first: from now on every new request is refused. */
  readonly refuseRequests: () => void;
  /** Closes what outlives the application: pools, the embedded server. */
  readonly closeDatabase: () => Promise<void>;
}

/**
 * Ends a process so that no client loses anything, in this order:
 *
 * 1. Not ready any more; subscriptions take no new batch, workers no command and no call; waits for operations are answered.
 * 2. Wait for load balancers to notice (SHUTDOWN_WAIT_MS); requests are still answered.
 * 3. Stop listening; idle connections are closed, each answer closes its own.
 * 4. Requests under way finish; after SHUTDOWN_REQUESTS_MS their connections are cut.
 * 5. Batches, stored commands and calls under way finish, for at most SHUTDOWN_BATCHES_MS. What exceeds its limit is
 *    rolled back with its connection to the database, and nothing waits for it any more.
 * 6. The application's own hooks, and only then the pools: closing them earlier would fail requests that were promised
 *    an answer (Nest runs `onModuleDestroy` before requests end, so nothing may be closed there).
 */
export async function stopGracefully(running: Running, shutdown: Configuration['shutdown']): Promise<void> {
  running.app.get(Lifecycle).drain();
  running.app.get(OperationWaits, { strict: false }).end();
  await failpoint('shutdown.after-ready-off');
  const background = running.app.get(BackgroundWork, { strict: false });
  const stopped = background.stop();
  stopped.catch(() => undefined);
  const requestsEnded = await endRequests(running, shutdown);
  await failpoint('shutdown.mid-drain');
  const backgroundEnded = await atMost(shutdown.batchesMs, stopped);
  if (!requestsEnded || !backgroundEnded) running.app.get(Pools, { strict: false }).cut();
  if (!backgroundEnded) await atMost(HAND_OVER_MS, background.abandon());
  try {
    await running.app.close();
  } finally {
    await running.closeDatabase();
  }
}

/** @returns whether all of them ended within the limit. */
async function endRequests(running: Running, shutdown: Configuration['shutdown']): Promise<boolean> {
  if (running.server === undefined) return true;
  await pause(shutdown.waitMs);
  running.refuseRequests();
  return closeServer(running.server, shutdown.requestsMs);
}

async function closeServer(server: Server, requestsMs: number): Promise<boolean> {
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  server.closeIdleConnections();
  if (await atMost(requestsMs, closed)) return true;
  server.closeAllConnections();
  await closed;
  return false;
}

/** Waits for the work, but no longer than that. Returns whether it ended. Its failure counts as its end. */
async function atMost(ms: number, work: Promise<unknown>): Promise<boolean> {
  const timeout = new AbortController();
  const ended = work.then(
    () => true,
    () => true,
  );
  const late = pause(ms, false, { signal: timeout.signal }).catch(() => false);
  try {
    return await Promise.race([ended, late]);
  } finally {
    timeout.abort();
  }
}
