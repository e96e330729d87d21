import { workDone, withOwner } from '../database.mjs';
import { familyTimes, ownTimeMs } from '../machine.mjs';
import { medianOf } from '../statistics.mjs';
import { Waybill } from '../waybill.mjs';

const CONNECTIONS = 32;
const WARM_UP_S = 4;

/**
 * (k) the latency of commands at half the rate that the server can take, with all workers beside it and with none; and
 * (l) who takes the machine's time at saturation. Requests are answered by one process, the log is followed by another,
 * so that each can be told apart. "None" is a worker that stands still: both cases have the same processes and logins.
 */
export async function measureBeside(scope, { stage, shop, options, say }) {
  const api = await Waybill.start(scope, stage.dataDir, { env: { ROLE: 'api' } });
  const worker = await Waybill.start(scope, stage.dataDir, { env: { ROLE: 'worker' } });
  const load = scope.helper('http-load');
  const target = { port: api.port, tokens: shop.tokens, skus: shop.skus, connections: CONNECTIONS };
  const orders = (how) => load.ask('orders', { ...target, ...how });
  await orders({ seconds: WARM_UP_S });
  await workDone(stage.ownerUrl);
  const saturation = await saturated({ stage, api, worker, load }, () => orders({ seconds: options.seconds }));
  say(`  at saturation: ${Math.round(saturation.rate)}/s`);
  const rate = saturation.rate / 2;
  const rounds = [];
  for (let round = 1; round <= options.rounds; round += 1) {
    await workDone(stage.ownerUrl);
    const withWorkers = await orders({ rate, seconds: options.seconds });
    await workDone(stage.ownerUrl);
    worker.program.kill('SIGSTOP');
    const without = await orders({ rate, seconds: options.seconds });
    worker.program.kill('SIGCONT');
    rounds.push({ withWorkers, without });
    say(`  round ${round}: p99 ${withWorkers.p99.toFixed(1)} ms with workers, ${without.p99.toFixed(1)} ms without`);
  }
  await workDone(stage.ownerUrl);
  await Promise.all([load.stop(), worker.stop(), api.stop()]);
  const middle = medianOf(rounds);
  return { rate, ...middle, ratio: middle.withWorkers.p99 / middle.without.p99, saturation };
}

/** CPU time by who took it, as shares of all that was taken. */
async function saturated({ stage, api, worker, load }, run) {
  const look = async () => ({
    api: ownTimeMs(api.pid),
    workers: ownTimeMs(worker.pid),
    load: ownTimeMs(load.pid),
    ...(await withOwner(stage.ownerUrl, (client) => serverTimes(client, stage.postmaster))),
  });
  const before = await look();
  const figures = await run();
  const after = await look();
  const spent = Object.fromEntries(Object.keys(after).map((who) => [who, after[who] - (before[who] ?? 0)]));
  const sum = Object.values(spent).reduce((all, ms) => all + ms, 0);
  const shares = Object.fromEntries(Object.entries(spent).map(([who, ms]) => [who, ms / sum]));
  return { ...figures, busyCores: sum / 1_000 / (figures.answered / figures.rate), shares };
}

/** What PostgreSQL's processes have taken, by the pool whose connections they serve. */
async function serverTimes(client, postmaster) {
  const { rows } = await client.query(
    `SELECT pid, split_part(application_name, '-', 2) AS pool FROM pg_stat_activity WHERE application_name LIKE 'waybill-%'`,
  );
  const poolOf = new Map(rows.map(({ pid, pool }) => [pid, `postgres: ${pool}`]));
  const times = { 'postgres: app': 0, 'postgres: query': 0, 'postgres: worker': 0, 'postgres: rest': 0 };
  for (const { pid, ms } of familyTimes(postmaster)) {
    const who = poolOf.get(pid);
    times[who in times ? who : 'postgres: rest'] += ms;
  }
  return times;
}
