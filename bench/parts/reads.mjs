import { withOwner } from '../database.mjs';
import { cpuOf, cpuPer } from '../machine.mjs';
import { medianOf } from '../statistics.mjs';

const CONNECTIONS = 32;
const ORDERS = 2_000;

/** (d) one order and a list of orders, with a token, against a bare Fastify route that runs the same SELECT. By turns. */
export async function measureReads(scope, { stage, shop, waybill, options, say }) {
  const load = scope.helper('http-load');
  const bare = scope.helper('bare-routes');
  const barePort = await bare.ask('open', { ownerUrl: stage.ownerUrl, summary: shop.summary, list: shop.list });
  const ids = await someOrders(stage.ownerUrl);
  const read = async ({ port, pid }, request) => {
    const pids = { server: pid, load: load.pid, postmaster: stage.postmaster };
    const before = cpuOf(pids);
    const how = { connections: CONNECTIONS, seconds: options.seconds };
    const figures = await load.ask('gets', { port, ...request, ...how });
    return { ...figures, cpuMs: cpuPer(figures.answered, before, cpuOf(pids)) };
  };
  const routes = {
    summary: { own: ids.map((id) => `/v1/orders/${id}`), bare: ids.map((id) => `/orders/${id}`) },
    list: { own: ['/v1/orders'], bare: ['/orders'] },
  };
  const figures = [];
  for (const [name, paths] of Object.entries(routes)) {
    const rounds = [];
    for (let round = 1; round <= options.rounds; round += 1) {
      const own = await read(waybill, { paths: paths.own, token: shop.staff });
      const bareFigures = await read({ port: barePort, pid: bare.pid }, { paths: paths.bare });
      rounds.push({ own, bare: bareFigures });
      say(`  ${name}, round ${round}: ${Math.round(own.rate)}/s, bare ${Math.round(bareFigures.rate)}/s`);
    }
    const middle = medianOf(rounds);
    figures.push({ route: name, connections: CONNECTIONS, ...middle, ratio: middle.own.rate / middle.bare.rate });
  }
  await Promise.all([load.stop(), bare.stop()]);
  return figures;
}

function someOrders(ownerUrl) {
  return withOwner(ownerUrl, async (client) => {
    const { rows } = await client.query('SELECT order_id AS id FROM ordering_read.order_summary LIMIT $1', [ORDERS]);
    return rows.map(({ id }) => id);
  });
}
