import { addDatabase, copyMasterData, viewsCaughtUp } from '../database.mjs';
import { cpuOf, cpuPer } from '../machine.mjs';
import { medianOf } from '../statistics.mjs';
import { Waybill } from '../waybill.mjs';

/** Until the compiler has seen the paths that are measured. */
const WARM_UP_S = 4;

/**
 * (a) orders over HTTP, (b) the same database work by `pg` alone, (c) how much of it is left. By turns, so that whatever
 * else the machine does hits both. The direct load has a database of its own in the same server, so that nobody folds
 * its events but where that is meant: "with views" has a Waybill worker beside it that does.
 */
export async function measureOrders(scope, { stage, shop, waybill, options, say }) {
  const arena = await openArena(scope, { stage, shop, waybill });
  const figures = [];
  await arena.warmUp();
  for (const connections of options.connections) {
    const how = { connections, seconds: options.seconds };
    const rounds = [];
    for (let round = 1; round <= options.rounds; round += 1) {
      const http = await arena.overHttp(how);
      const direct = await arena.direct(how);
      const withViews = await arena.directWithViews(how);
      rounds.push({ http, direct, withViews });
      say(
        `  ${connections} connections, round ${round}: ${whole(http)} over HTTP, ${whole(direct)} directly, ${whole(withViews)} with views`,
      );
    }
    const middle = medianOf(rounds);
    const ratio = middle.http.rate / middle.direct.rate;
    const ratioWithViews = middle.http.rate / middle.withViews.rate;
    figures.push({ connections, ...middle, ratio, ratioWithViews, rates: rounds.map(ratesOf) });
  }
  await arena.close();
  return figures;
}

/** The most orders per second that this server takes: of the figures above, or from a short run. */
export async function peakOf(scope, { orders, shop, waybill, options }) {
  if (orders !== undefined) return Math.max(...orders.map(({ http }) => http.rate));
  const load = scope.helper('http-load');
  const target = { port: waybill.port, tokens: shop.tokens, skus: shop.skus };
  await load.ask('orders', { ...target, connections: 8, seconds: WARM_UP_S });
  const { rate } = await load.ask('orders', { ...target, connections: 32, seconds: options.seconds });
  await load.stop();
  return rate;
}

const whole = ({ rate }) => `${Math.round(rate)}/s`;
const ratesOf = (round) =>
  Object.fromEntries(Object.entries(round).map(([name, { rate }]) => [name, Math.round(rate)]));

async function openArena(scope, { stage, shop, waybill }) {
  const httpLoad = scope.helper('http-load');
  const pgLoad = scope.helper('pg-load');
  const directUrl = await addDatabase(stage.ownerUrl, 'direct');
  await copyMasterData(stage.ownerUrl, directUrl);
  const worker = await Waybill.start(scope, stage.dataDir, {
    env: { ROLE: 'worker', DATABASE_URL: directUrl, AUTH_MODE: 'dev' },
  });
  await viewsCaughtUp(directUrl);
  // After the worker, which begins the epoch of this database's log.
  await pgLoad.ask('open', { ownerUrl: directUrl, ...shop.order });
  worker.program.kill('SIGSTOP');
  const direct = (how) => metered({ load: pgLoad, postmaster: stage.postmaster }, () => pgLoad.ask('run', how));
  const overHttp = async (how) => {
    const target = { port: waybill.port, tokens: shop.tokens, skus: shop.skus };
    const who = { server: waybill, load: httpLoad, postmaster: stage.postmaster };
    const figures = await metered(who, () => httpLoad.ask('orders', { ...target, ...how }));
    await viewsCaughtUp(stage.ownerUrl);
    return figures;
  };
  return {
    async warmUp() {
      for (const load of [overHttp, direct]) await load({ connections: 8, seconds: WARM_UP_S });
    },
    overHttp,
    direct,
    async directWithViews(how) {
      worker.program.kill('SIGCONT');
      try {
        await viewsCaughtUp(directUrl);
        return await direct(how);
      } finally {
        await viewsCaughtUp(directUrl);
        worker.program.kill('SIGSTOP');
      }
    },
    async close() {
      await Promise.all([worker.stop(), httpLoad.stop(), pgLoad.stop()]);
    },
  };
}

/** A load's figures with the CPU time that each order took of each process. */
async function metered({ server, load, postmaster }, run) {
  const pids = { server: server?.pid, load: load.pid, postmaster };
  const before = cpuOf(pids);
  const figures = await run();
  return { ...figures, cpuMs: cpuPer(figures.answered, before, cpuOf(pids)) };
}
