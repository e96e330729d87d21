import { setTimeout as pause } from 'node:timers/promises';
import { addDatabase, withOwner } from '../database.mjs';
import { median } from '../statistics.mjs';
import { Waybill } from '../waybill.mjs';

const POLL_MS = 5;
const TIMEOUT_MS = 60_000;

/** How many replicas hold leases, and whether every partition of every running subscription has one. */
const SHARES = `
SELECT count(DISTINCT l.owner)::int AS owners, count(l.owner) = count(*) AS whole
  FROM kernel.subscriptions s CROSS JOIN LATERAL generate_series(0, s.partitions - 1) AS p (n)
  LEFT JOIN kernel.leases l ON l.subscription = s.name AND l.partition = p.n AND l.expires_at > clock_timestamp()
 WHERE s.kind <> 'inline' AND s.status = 'running'`;

/** (j) two workers share all partitions; one is stopped, or killed: how long until the other has them all. */
export async function measureTakeOver(scope, { stage, options, say }) {
  const url = await addDatabase(stage.ownerUrl, 'take_over');
  const launch = () =>
    Waybill.start(scope, stage.dataDir, { env: { ROLE: 'worker', DATABASE_URL: url, AUTH_MODE: 'dev' } });
  const figures = {};
  for (const signal of ['SIGTERM', 'SIGKILL']) {
    const times = [];
    for (let round = 1; round <= options.rounds; round += 1) times.push(await ended({ url, launch }, signal));
    figures[signal] = { ms: median(times), all: times };
    say(`  ${signal}: ${times.map((ms) => `${Math.round(ms)} ms`).join(', ')}`);
  }
  return figures;
}

async function ended({ url, launch }, signal) {
  return withOwner(url, async (client) => {
    const [stays, goes] = [await launch(), await launch()];
    await until(client, ({ owners, whole }) => owners === 2 && whole);
    const beganAt = performance.now();
    goes.program.kill(signal);
    await until(client, ({ owners, whole }) => owners === 1 && whole);
    const took = performance.now() - beganAt;
    await goes.stop();
    await stays.stop();
    return took;
  });
}

async function until(client, holds) {
  const giveUpAt = performance.now() + TIMEOUT_MS;
  for (;;) {
    const { rows } = await client.query(SHARES);
    if (holds(rows[0])) return;
    if (performance.now() > giveUpAt) throw new Error(`The partitions were not taken in time: ${JSON.stringify(rows)}`);
    await pause(POLL_MS);
  }
}
