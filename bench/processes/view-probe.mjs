import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { answer } from './answering.mjs';

/** The view and its checkpoint change in one transaction, so the checkpoint tells what the view shows. */
const REACHED = {
  name: 'reached',
  text: `SELECT min(position) AS position, extract(epoch FROM clock_timestamp()) * 1000 AS at
           FROM kernel.checkpoints WHERE subscription = $1`,
};

let client;
let ending;
let watched;

/** Looks again and again how far a view has come, by the database's clock. */
answer({
  async open({ ownerUrl }) {
    client = new pg.Client({ connectionString: ownerUrl });
    await client.connect();
  },
  start({ subscription, everyMs }) {
    ending = new AbortController();
    watched = watch(subscription, everyMs, ending.signal);
  },
  stop() {
    ending.abort();
    return watched;
  },
});

/** Times in ms at which each further position was first seen: [position, at], ascending. */
async function watch(subscription, everyMs, ended) {
  const seen = [];
  let last = -1;
  while (!ended.aborted) {
    const { rows } = await client.query({ ...REACHED, values: [subscription] });
    const position = Number(rows[0].position);
    if (position > last) seen.push([position, Number(rows[0].at)]);
    last = Math.max(last, position);
    await pause(everyMs);
  }
  return seen;
}
