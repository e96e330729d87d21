import { viewsCaughtUp, withOwner } from '../database.mjs';
import { percentile } from '../statistics.mjs';

const SUBSCRIPTION = 'ordering.order-search';
const CONNECTIONS = 32;
const PROBE_EVERY_MS = 2;
/** The first seconds of a load are not yet its steady state. */
const SETTLING_S = 2;

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
  const rate = peak / 2;
  const load = scope.helper('http-load');
  const probe = scope.helper('view-probe');
  await probe.ask('open', { ownerUrl: stage.ownerUrl });
  await viewsCaughtUp(stage.ownerUrl);
  const start = await withOwner(stage.ownerUrl, startOf);
  await probe.ask('start', { subscription: SUBSCRIPTION, everyMs: PROBE_EVERY_MS });
  const target = { port: waybill.port, tokens: shop.tokens, skus: shop.skus };
  const seconds = SETTLING_S + options.seconds * options.rounds;
  const http = await load.ask('orders', { ...target, connections: CONNECTIONS, rate, seconds });
  await viewsCaughtUp(stage.ownerUrl);
  const seen = await probe.ask('stop');
  const orders = await withOwner(stage.ownerUrl, async (client) => {
    const { rows } = await client.query(ORDERS, [start.head, start.id, SETTLING_S]);
    return rows.map(({ position, at }) => ({ position: Number(position), at: Number(at) }));
  });
  await Promise.all([load.stop(), probe.stop()]);
  const waits = waitsOf(orders, seen);
  const figures = {
    view: SUBSCRIPTION,
    rate,
    reachedRate: http.rate,
    orders: waits.length,
    ...percentiles(waits),
    http,
  };
  say(
    `  ${waits.length} orders at ${Math.round(rate)}/s: p50 ${figures.p50.toFixed(1)} ms, p99 ${figures.p99.toFixed(1)} ms`,
  );
  return figures;
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
