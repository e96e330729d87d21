import { OUT_OF, table, thousands } from './table.mjs';

/** Lines about the engine: subscriptions, replicas, and how costs grow. */
export function engineLines({ partitions, indifferent, crowd, takeOver, beside, growth }) {
  return [
    ...(partitions === undefined ? [] : partitionsLines(partitions)),
    ...(indifferent === undefined ? [] : indifferentLines(indifferent)),
    ...(crowd === undefined ? [] : crowdLines(crowd)),
    ...(takeOver === undefined ? [] : takeOverLines(takeOver)),
    ...(beside === undefined ? [] : besideLines(beside)),
    ...(growth === undefined ? [] : growthLines(growth)),
  ];
}

const micro = (ms) => (ms === undefined ? '–' : (ms * 1_000).toFixed(1));

function partitionsLines({ view, events, ratio, ...of }) {
  const rows = ['1', '8'].map((n) => [
    n,
    thousands(of[n].rate),
    micro(of[n].cpuMs.server),
    micro(of[n].cpuMs.postgres),
  ]);
  return [
    '',
    `(g) Catching up over ${thousands(events)} events with ${view}, in one process`,
    ...table(['partitions', 'events/s', 'CPU µs: worker', 'postgres'], rows),
    `8 against 1: ${ratio.toFixed(2)}`,
  ];
}

function indifferentLines({ subscription, events, cpuMs }) {
  return [
    '',
    `(h) What ${thousands(events)} events cost ${subscription}, which doesn't care for them`,
    `worker ${micro(cpuMs.server)} µs, postgres ${micro(cpuMs.postgres)} µs of CPU per event`,
  ];
}

function crowdLines(crowd) {
  const rows = crowd.map(({ views, p50, p99, max }) => [String(views), ...[p50, p99, max].map((ms) => ms.toFixed(1))]);
  return [
    '',
    `(i) From commit to visible at ${Math.round(crowd[0].rate)}/s, by how many views one worker keeps`,
    ...table(['views', 'p50 ms', 'p99 ms', 'longest ms'], rows),
    `p99 with 20 against 5: ${(crowd[1].p99 / crowd[0].p99).toFixed(2)}`,
  ];
}

function takeOverLines({ SIGTERM, SIGKILL }) {
  return [
    '',
    '(j) One of two workers ends: until the other holds all partitions',
    `stopped (SIGTERM) ${Math.round(SIGTERM.ms)} ms; ${OUT_OF(SIGTERM.ms < 1_000, '< 1 s')}`,
    `killed (-9) ${(SIGKILL.ms / 1_000).toFixed(1)} s; ${OUT_OF(SIGKILL.ms < 25_000, 'a lease of 15 s and a look every 5 s')}`,
  ];
}

function besideLines({ rate, withWorkers, without, ratio, saturation }) {
  const cells = ({ p50, p99 }) => [p50.toFixed(2), p99.toFixed(2)];
  const shares = Object.entries(saturation.shares).map(([who, share]) => [who, `${(share * 100).toFixed(1)} %`]);
  return [
    '',
    `(k) POST /v1/orders at ${Math.round(rate)}/s, half the peak`,
    ...table(
      ['', 'p50 ms', 'p99 ms'],
      [
        ['with all workers', ...cells(withWorkers)],
        ['without', ...cells(without)],
      ],
    ),
    `p99 with against without: ${ratio.toFixed(2)}; ${OUT_OF(ratio <= 1.15, '≤ 1.15')}`,
    '',
    `(l) At saturation, ${Math.round(saturation.rate)}/s: ${saturation.busyCores.toFixed(2)} cores busy, of which`,
    ...table(['who', 'share'], shares),
  ];
}

function growthLines({ sizes, ratios }) {
  const kinds = {
    read: 'reading the end',
    sequence: 'giving positions',
    commit: 'commit of an order',
    view: 'async view',
  };
  const rows = Object.entries(kinds).map(([kind, name]) => [
    name,
    ...sizes.map((size) => size[kind].toFixed(1)),
    ratios[kind].toFixed(2),
  ]);
  return [
    '',
    '(m) What one event costs in a longer log, in µs',
    ...table(['', ...sizes.map(({ events }) => `at ${thousands(events)}`), 'ratio'], rows),
  ];
}
