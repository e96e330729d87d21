import type { Edit, PlantedFault } from '../planted-fault.js';

const FUNCTION = 'migrations/kernel/functions/sequence.sql';
const TAIL = 'src/kernel/event-log/log-tail.ts';
const SEQUENCE = ['src/kernel/event-log/sequence.db.spec.ts'];
const LISTEN = ['src/kernel/event-log/lost-listen.db.spec.ts'];
const complete = 'Every committed event gets exactly one position, whenever its commit becomes visible.';

const inFunction = (find: string, replace: string): Edit => ({ file: FUNCTION, find, replace });
const forgetGaps = inFunction(
  'gap_from = g.lows, gap_to = g.highs, gap_bounds = g.bounds',
  "gap_from = '{}'::bigint[], gap_to = '{}'::bigint[], gap_bounds = '{}'::xid8[]",
);

/** Positions, and how readers hear of new events. */
export const eventLog: readonly PlantedFault[] = [
  {
    name: 'gap-bound-before-the-snapshot',
    guarantee: complete,
    ...inFunction(
      'SELECT * INTO v_state FROM kernel.log_state;',
      'v_bound := pg_current_xact_id(); SELECT * INTO v_state FROM kernel.log_state;',
    ),
    and: [inFunction('v_bound := pg_current_xact_id(); v_top', 'v_top')],
    specs: SEQUENCE,
  },
  {
    name: 'gaps-forgotten-by-xmax',
    guarantee: complete,
    ...inFunction('SELECT pg_snapshot_xmin(', 'SELECT pg_snapshot_xmax('),
    specs: SEQUENCE,
  },
  {
    name: 'gaps-forgotten-at-once',
    guarantee: complete,
    ...forgetGaps,
    specs: SEQUENCE,
  },
  {
    name: 'fresh-events-before-late-ones',
    guarantee: 'The order of positions respects the order within a stream.',
    ...inFunction('v_next := v_late || v_fresh;', 'v_next := v_fresh || v_late;'),
    specs: SEQUENCE,
  },
  {
    name: 'positions-are-ids',
    guarantee: complete,
    ...forgetGaps,
    and: [
      inFunction('SELECT v_state.head + n.ord, n.id FROM', 'SELECT n.id, n.id FROM'),
      inFunction('SET head = v_state.head + cardinality(v_next)', 'SET head = v_top'),
      inFunction('head := v_state.head + cardinality(v_next);', 'head := v_top;'),
    ],
    specs: SEQUENCE,
  },
  {
    name: 'lost-listen-not-renewed',
    guarantee: 'A lost connection costs latency for a moment, and comes back by itself.',
    file: 'src/kernel/event-log/log-notifier.ts',
    find: "client.on('end', () => this.#again());",
    replace: "client.on('end', () => undefined);",
    specs: LISTEN,
  },
  {
    name: 'no-polling-without-listen',
    guarantee: 'Events are read also where no notification arrives.',
    file: TAIL,
    find: 'if (news === 0) return this.#pollMs;',
    replace: 'if (news === 0) return 2 ** 30 + this.#pollMs;',
    specs: LISTEN,
  },
];
