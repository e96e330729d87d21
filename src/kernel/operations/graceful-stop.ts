import type { Server } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import type { INestApplicationContext } from '@nestjs/common';
import type { Configuration } from '#config';
import { EffectWorker } from '../effects/effect-worker.js';
import { failpoint } from '../failpoints.js';
import { OperationWaits } from '../outgoing/operation-waits.js';
import { SubscriptionEngine } from '../subscriptions/subscription-engine.js';
import { Lifecycle } from './lifecycle.js';

/** What a running process consists of, as far as ending it goes. */
export interface Running {
  readonly app: INestApplicationContext;
  /** What listens; undefined where nothing does. */
  readonly server: Server | undefined;
  /** Told when the door closes: from now on every new request is refused. */
  readonly refuseRequests: () => void;
  /** Closes what outlives the application: pools, the embedded server. */
  readonly closeDatabase: () => Promise<void>;
}

/**
 * Ends a process so that nobody loses anything, in this order (05 §5):
 *
 * 1. Not ready any more; subscriptions take no new batch, effects no new call; who waits for an operation is answered.
 * 2. Wait for load balancers to notice (SHUTDOWN_WAIT_MS); requests are still answered.
 * 3. Stop listening; idle connections are closed, each answer closes its own.
 * 4. Requests under way finish; after SHUTDOWN_REQUESTS_MS their connections are cut.
 * 5. Batches and calls under way finish, for at most SHUTDOWN_BATCHES_MS; then they roll back with their connection.
 * 6. The application's own hooks, and only then the pools: closing them earlier would fail requests that were promised
 *    an answer (Nest runs `onModuleDestroy` before requests end, so nothing may be closed there).
 */
export async function stopGracefully(running: Running, shutdown: Configuration['shutdown']): Promise<void> {
  running.app.get(Lifecycle).drain();
  running.app.get(OperationWaits, { strict: false }).end();
  await failpoint('shutdown.after-ready-off');
  const batches = Promise.all([
    running.app.get(SubscriptionEngine).stop(),
    running.app.get(EffectWorker, { strict: false }).stop(),
  ]);
  batches.catch(() => undefined);
  if (running.server !== undefined) {
    await pause(shutdown.waitMs);
    running.refuseRequests();
    await closeServer(running.server, shutdown.requestsMs);
  }
  await failpoint('shutdown.mid-drain');
  await atMost(shutdown.batchesMs, batches);
  await running.app.close();
  await running.closeDatabase();
}

async function closeServer(server: Server, requestsMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  server.closeIdleConnections();
  if (await atMost(requestsMs, closed)) return;
  server.closeAllConnections();
  await closed;
}

/** Waits for the work, but no longer than that. Tells whether it ended. Its failure counts as its end. */
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
