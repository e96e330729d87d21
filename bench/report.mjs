import { engineLines } from './report-engine.mjs';
import { OUT_OF, table, thousands } from './table.mjs';

/** Lines of text for people; the same figures go to a file for programs. */
export function reportOf(figures) {
  const { machine, date, orders, reads, visibility, catchUp, options } = figures;
  const { cpu, cores, system, node, postgres, fsync, synchronous_commit: synchronousCommit } = machine;
  return [
    `Waybill bench, ${date}`,
    `${cores} × ${cpu}, ${system}, Node ${node}, PostgreSQL ${postgres} (fsync ${fsync}, synchronous_commit ${synchronousCommit})`,
    `Median of ${options.rounds} × ${options.seconds} s, taken in turn.`,
    ...(orders === undefined ? [] : ordersLines(orders)),
    ...(reads === undefined ? [] : readsLines(reads)),
    ...(visibility === undefined ? [] : visibilityLines(visibility)),
    ...(catchUp === undefined ? [] : catchUpLines(catchUp)),
    ...engineLines(figures),
  ].join('\n');
}

function ordersLines(orders) {
  const at32 = orders.find(({ connections }) => connections === 32);
  const row = (connections, what, figures, ratio = '') =>
    [connections, what, ...rateCells(figures), ...cpuCells(figures), ratio].map(String);
  const rows = orders.flatMap(({ connections, http, direct, withViews, ratio, ratioWithViews }) => [
    row(connections, '(a) over HTTP', http),
    row('', '(b) by pg alone', direct, ratio.toFixed(2)),
    row('', '    and views folded', withViews, ratioWithViews.toFixed(2)),
  ]);
  return [
    '',
    'POST /v1/orders: 5 lines, token, idempotency key; against the same database work by pg alone',
    ...table(['connections', '', 'orders/s', 'p50 ms', 'p99 ms', ...CPU_HEADS, '(c) a/b'], rows),
    ...(at32 === undefined
      ? []
      : [`(c) at 32 connections: ${at32.ratio.toFixed(2)}; ${OUT_OF(at32.ratio >= 0.45, '≥ 0.45')}`]),
  ];
}

function readsLines(reads) {
  const rows = reads.flatMap(({ route, own, bare, ratio }) => [
    [route, 'Waybill', ...rateCells(own), ...cpuCells(own), ''],
    ['', 'bare Fastify', ...rateCells(bare), ...cpuCells(bare), ratio.toFixed(2)],
  ]);
  return [
    '',
    `(d) GET with a token at ${reads[0].connections} connections, against a bare route with the same SELECT`,
    ...table(['route', '', 'answers/s', 'p50 ms', 'p99 ms', ...CPU_HEADS, 'ratio'], rows),
  ];
}

function visibilityLines({ view, rate, orders, p50, p99, max }) {
  return [
    '',
    `(e) From commit to visible in ${view}, ${orders} orders at ${Math.round(rate)}/s (half the peak)`,
    `p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms, longest ${max.toFixed(1)} ms; ${OUT_OF(p99 < 100, 'p99 < 100 ms')}`,
  ];
}

function catchUpLines(catchUp) {
  const microseconds = (ms) => (ms === undefined ? '–' : (ms * 1_000).toFixed(1));
  const rows = catchUp.map(({ view, fold, statement, ratio }) => [
    view,
    thousands(fold.rate),
    thousands(statement.rate),
    ratio.toFixed(2),
    ...[fold.cpuMs.server, fold.cpuMs.postgres, statement.cpuMs.postgres].map(microseconds),
  ]);
  const [sales, search] = catchUp;
  return [
    '',
    `(f) Catching up over ${thousands(sales.events)} OrderPlaced, against one INSERT … SELECT with the same rows`,
    ...table(['view', 'folded/s', 'by SQL/s', 'ratio', 'CPU µs: worker', 'postgres', 'by SQL'], rows),
    `sales-daily ${thousands(sales.fold.rate)}/s; ${OUT_OF(sales.fold.rate >= 40_000, '≥ 40,000/s')}`,
    `order-search ${search.ratio.toFixed(2)}; ${OUT_OF(search.ratio >= 0.5, '≥ 0.5')}`,
  ];
}

const CPU_HEADS = ['CPU ms: server', 'postgres', 'load'];

function rateCells({ rate, p50, p99 }) {
  return [thousands(rate), p50.toFixed(2), p99.toFixed(2)];
}

function cpuCells({ cpuMs }) {
  return ['server', 'postgres', 'load'].map((who) => cpuMs[who]?.toFixed(2) ?? '–');
}
