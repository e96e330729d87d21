import { setTimeout as pause } from 'node:timers/promises';
import { viewsCaughtUp, withOwner } from '../database.mjs';
import { percentile } from '../statistics.mjs';

const SUBSCRIPTION = 'ordering.order-search';
const CONNECTIONS = 32;
const PROBE_EVERY_MS = 2;
/** The first seconds of a load are not yet its steady state. */
const SETTLING_S = 2;

const CATCH_UP_TIMEOUT_MS = 60_000;

const CAUGHT_UP = `
SELECT NOT EXISTS (SELECT FROM kernel.events WHERE id > s.highest_id)
       AND s.head <= (SELECT coalesce(min(position), 0) FROM kernel.checkpoints WHERE subscription = $1) AS done
  FROM kernel.log_state s`;

/** Orders of this part: their event's position and when it was written, in ms of the database's clock. */
const ORDERS = `
SELECT l.position, extract(epoch FROM e.recorded_at) * 1000 AS at
  FROM kernel.log l JOIN kernel.events e ON e.id = l.event_id
 WHERE l.position > $1 AND e.name = 'ordering.order-placed'
   AND e.recorded_at >= (SELECT min(recorded_at) FROM kernel.events WHERE id > $2) + $3 * interval '1 second'
 ORDER BY l.position`;

/**
 * (e) from a commit until the async view shows it, at half the rate that the server can take. Both ends are read from
 * the database's clock: when the event was written (just before its commit became durable), and when a prober, which
 * looks every 2 ms, first saw a checkpoint at or beyond it. So the figure errs on the long side, by the commit and up
 * to one look.
 */
export async function measureVisibility(scope, { stage, shop, waybill, options, peak, say }) {
  const figures = await visibilityOf(scope, {
    ownerUrl: stage.ownerUrl,
    subscription: SUBSCRIPTION,
    target: { port: waybill.port, tokens: shop.tokens, skus: shop.skus },
    rate: peak / 2,
    options,
    caughtUp: () => viewsCaughtUp(stage.ownerUrl),
  });
  const { orders, rate, p50, p99 } = figures;
  say(`  ${orders} orders at ${Math.round(rate)}/s: p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms`);
  return figures;
}

/** The same of any view, while orders come at an even rate. `caughtUp` resolves when it has all there is. */
export async function visibilityOf(scope, { ownerUrl, subscription, target, rate, options, caughtUp }) {
  const load = scope.helper('http-load');
  const probe = scope.helper('view-probe');
  await probe.ask('open', { ownerUrl });
  await caughtUp();
  const start = await withOwner(ownerUrl, startOf);
  await probe.ask('start', { subscription, everyMs: PROBE_EVERY_MS });
  const seconds = SETTLING_S + options.seconds * options.rounds;
  const http = await load.ask('orders', { ...target, connections: CONNECTIONS, rate, seconds });
  await caughtUp();
  const seen = await probe.ask('stop');
  const orders = await withOwner(ownerUrl, async (client) => {
    const { rows } = await client.query(ORDERS, [start.head, start.id, SETTLING_S]);
    return rows.map(({ position, at }) => ({ position: Number(position), at: Number(at) }));
  });
  await Promise.all([load.stop(), probe.stop()]);
  const waits = waitsOf(orders, seen);
  return { view: subscription, rate, reachedRate: http.rate, orders: waits.length, ...percentiles(waits), http };
}

/** Resolves once one subscription has all events that are committed now. */
export async function isCaughtUpWith(client, subscription) {
  const giveUpAt = Date.now() + CATCH_UP_TIMEOUT_MS;
  for (;;) {
    const { rows } = await client.query(CAUGHT_UP, [subscription]);
    if (rows[0].done) return;
    if (Date.now() > giveUpAt) throw new Error(`${subscription} has not caught up in time.`);
    await pause(20);
  }
}

async function startOf(client) {
  const { rows } = await client.query(
    'SELECT (SELECT head FROM kernel.log_state) AS head, (SELECT coalesce(max(id), 0) FROM kernel.events) AS id',
  );
  return rows[0];
}

/** For each order, how long until its position was seen. Both lists ascend by position. */
function waitsOf(orders, seen) {
  let look = 0;
  return orders.map(({ position, at }) => {
    while (seen[look] !== undefined && seen[look][0] < position) look += 1;
    if (seen[look] === undefined) throw new Error(`The view never came to position ${position}.`);
    return seen[look][1] - at;
  });
}

function percentiles(waits) {
  const sorted = waits.toSorted((a, b) => a - b);
  return { p50: percentile(sorted, 0.5), p99: percentile(sorted, 0.99), max: sorted.at(-1) };
}
