import { built } from '../built.mjs';
import { copyMasterData, withOwner } from '../database.mjs';
import { VIEWS, makeReference } from '../catch-up-views.mjs';
import { median } from '../statistics.mjs';
import { caughtUp, openArena } from './catch-up.mjs';

const { readLog } = await built('kernel/event-log/sql/read-log.js');
const [VIEW] = VIEWS.filter(({ subscription }) => subscription === 'ordering.order-search');
/** How many times as long the second log is. */
const GROWS = 10;
const READS = 30;
const PAGE = 1_000;

/**
 * (m) what the same work costs in a log that is ten times as long, per event: reading the end of the log, giving
 * positions, one order's commit by one caller (its inline view included), and its async view. The view has a row for every
 * order beforehand.
 */
export async function measureGrowth(scope, { stage, shop, options, say }) {
  const sizes = [];
  for (const events of [options.events, options.events * GROWS]) {
    const figures = await costsAt(scope, { stage, shop, options, events });
    sizes.push({ events, ...figures });
    say(`  ${events} events: ${JSON.stringify(figures)} (µs per event)`);
  }
  const [small, large] = sizes;
  const ratios = Object.keys(small).filter((what) => what !== 'events');
  return { sizes, ratios: Object.fromEntries(ratios.map((what) => [what, large[what] / small[what]])) };
}

async function costsAt(scope, { stage, shop, options, events }) {
  const arena = await openArena(scope, { stage, name: `growth_${events}`, events });
  await withOwner(arena.url, fillView);
  await copyMasterData(stage.ownerUrl, arena.url);
  const load = scope.helper('pg-load');
  await load.ask('open', { ownerUrl: arena.url, ...shop.order });
  const commits = await load.ask('run', { connections: 1, seconds: options.seconds });
  await load.stop();
  const { read, sequence } = await withOwner(arena.url, async (client) => ({
    sequence: await sequenced(client),
    read: await readEnd(client),
  }));
  const { seconds } = await caughtUp(arena, VIEW.subscription);
  return { read, sequence, commit: commits.p50 * 1_000, view: (seconds * 1e6) / commits.answered };
}

/** As if the view had followed all along. */
async function fillView(client) {
  await makeReference(client, VIEW);
  await client.query(VIEW.statement);
  await client.query('TRUNCATE ordering_read.order_search');
  await client.query('INSERT INTO ordering_read.order_search SELECT * FROM reference.order_search');
  await client.query('DROP SCHEMA reference CASCADE');
  await client.query(
    `UPDATE kernel.checkpoints SET position = l.position, event_id = e.event_id
       FROM (SELECT * FROM kernel.log ORDER BY position DESC LIMIT 1) AS l JOIN kernel.events e ON e.id = l.event_id
      WHERE subscription = $1`,
    [VIEW.subscription],
  );
  await client.query('VACUUM (ANALYZE) ordering_read.order_search');
  await client.query('CHECKPOINT');
}

/** In calls of the size that a busy worker makes. */
async function sequenced(client) {
  const costs = [];
  for (;;) {
    const beganAt = performance.now();
    const { rows } = await client.query({ name: 'sequence', text: 'SELECT assigned FROM kernel.sequence(100)' });
    const assigned = Number(rows[0].assigned);
    if (assigned === 0) return median(costs);
    costs.push(((performance.now() - beganAt) * 1_000) / assigned);
  }
}

async function readEnd(client) {
  const { rows } = await client.query('SELECT head::int FROM kernel.log_state');
  const [{ head: to }] = rows;
  const costs = [];
  for (let look = 0; look < READS; look += 1) {
    const beganAt = performance.now();
    await readLog(client, { after: to - PAGE, to });
    costs.push(((performance.now() - beganAt) * 1_000) / PAGE);
  }
  return median(costs);
}
