import { setTimeout as pause } from 'node:timers/promises';
import { fillLog } from '../catch-up-log.mjs';
import { VIEWS, differences, makeReference } from '../catch-up-views.mjs';
import { addDatabase, withOwner } from '../database.mjs';
import { cpuOf, cpuPer } from '../machine.mjs';
import { medianOf } from '../statistics.mjs';
import { Waybill } from '../waybill.mjs';

const OWNS_PARTITIONS = {
  name: 'owns-partitions',
  text: 'SELECT count(*) > 0 AS yes FROM kernel.leases WHERE subscription = $1',
};
const IS_AT_END = {
  name: 'is-at-end',
  text: 'SELECT min(position) = (SELECT head FROM kernel.log_state) AS yes FROM kernel.checkpoints WHERE subscription = $1',
};
const POLL_MS = 5;
const TIMEOUT_MS = 10 * 60 * 1_000;

/**
 * (f) how fast two views are filled from the log, each by a Waybill worker that runs nothing else, against one statement
 * of pure SQL with the same result, row by row. By turns, each time from empty tables.
 */
export async function measureCatchUp(scope, { stage, options, say }) {
  const { events, rounds } = options;
  const arena = await openArena(scope, { stage, name: 'catch_up', events });
  const { url } = arena;
  const figures = [];
  for (const view of VIEWS) {
    const turns = [];
    for (let round = 1; round <= rounds; round += 1) {
      const fold = ofEvents(events, await folded(arena, view));
      const statement = ofEvents(events, await inserted(arena, view));
      turns.push({ fold, statement });
      say(
        `  ${view.subscription}, round ${round}: ${Math.round(fold.rate)}/s folded, ${Math.round(statement.rate)}/s inserted`,
      );
    }
    const different = await withOwner(url, (client) => differences(client, view));
    if (different > 0) throw new Error(`${view.subscription} and its statement differ in ${different} rows.`);
    const middle = medianOf(turns);
    const ratio = middle.fold.rate / middle.statement.rate;
    figures.push({ view: view.subscription, events, ...middle, ratio, rates: turns.map(ratesOf) });
  }
  return figures;
}

/** A database whose log holds so many orders, and in which no subscription runs until it is chosen. */
export async function openArena(scope, { stage, name, events }) {
  const url = await addDatabase(stage.ownerUrl, name);
  await fillLog(url, events);
  const launch = () =>
    Waybill.launch(scope, stage.dataDir, { env: { ROLE: 'worker', DATABASE_URL: url, AUTH_MODE: 'dev' } });
  const arena = { url, launch, postmaster: stage.postmaster };
  await registerSubscriptions(arena);
  return arena;
}

const ratesOf = ({ fold, statement }) => ({ fold: Math.round(fold.rate), statement: Math.round(statement.rate) });

function ofEvents(events, { seconds, cpuBefore, cpuAfter }) {
  return { rate: events / seconds, cpuMs: cpuPer(events, cpuBefore, cpuAfter) };
}

/** A worker makes the rows of all subscriptions when it starts; from then on, all but the chosen one stand still. */
async function registerSubscriptions({ url, launch }) {
  const worker = await launch();
  await worker.ready();
  await worker.stop();
  await withOwner(url, (client) => client.query(`UPDATE kernel.subscriptions SET status = 'stopped'`));
}

/** From the moment the worker has its partitions until the last event is in the view, from empty tables. */
export async function folded(arena, { subscription, schema, tables }) {
  await withOwner(arena.url, async (client) => {
    await client.query(`TRUNCATE ${tables.map((table) => `${schema}.${table}`).join(', ')}`);
    await client.query(`UPDATE kernel.checkpoints SET position = 0, event_id = NULL WHERE subscription = $1`, [
      subscription,
    ]);
  });
  return caughtUp(arena, subscription);
}

/** From the moment the worker has its partitions until the view has what is missing. */
export async function caughtUp({ url, launch, postmaster }, subscription) {
  return withOwner(url, async (client) => {
    const run = (running) =>
      client.query(`UPDATE kernel.subscriptions SET status = $2 WHERE name = $1`, [
        subscription,
        running ? 'running' : 'stopped',
      ]);
    await client.query('CHECKPOINT');
    await run(true);
    const worker = await launch();
    const cpu = () => cpuOf({ server: worker.pid, postmaster });
    const beganAt = await timeWhen(client, OWNS_PARTITIONS, subscription);
    const cpuBefore = cpu();
    const endedAt = await timeWhen(client, IS_AT_END, subscription);
    const cpuAfter = cpu();
    await worker.ready();
    await worker.stop();
    await run(false);
    return { seconds: (endedAt - beganAt) / 1_000, cpuBefore, cpuAfter };
  });
}

async function timeWhen(client, question, subscription) {
  const giveUpAt = performance.now() + TIMEOUT_MS;
  for (;;) {
    const { rows } = await client.query({ ...question, values: [subscription] });
    const now = performance.now();
    if (rows[0].yes) return now;
    if (now > giveUpAt) throw new Error(`${subscription} has not come to the end of the log in time.`);
    await pause(POLL_MS);
  }
}

/** One statement of pure SQL, into tables made for it. */
async function inserted({ url, postmaster }, view) {
  return withOwner(url, async (client) => {
    await makeReference(client, view);
    await client.query('CHECKPOINT');
    const cpu = () => cpuOf({ postmaster });
    const cpuBefore = cpu();
    const beganAt = performance.now();
    await client.query(view.statement);
    return { seconds: (performance.now() - beganAt) / 1_000, cpuBefore, cpuAfter: cpu() };
  });
}
