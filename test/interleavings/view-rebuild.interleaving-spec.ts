import type { ClientBase } from 'pg';
import { ProjectionRebuild } from '../../src/kernel/projections/projection-rebuild.js';
import type { Pools } from '../../src/kernel/database/pools.js';
import type { FreshDatabase } from '../../src/platform/testing/databases.js';
import { SubscriptionCatalog } from '../../src/kernel/subscriptions/subscription-catalog.js';
import { createToyTables, ToyApp } from '../support/toy-app.js';
import { Counted } from '../support/toys.js';
import {
  FollowedView,
  NEXT_FACTOR,
  NextTakingsProjection,
  TABLE,
  TakingsProjection,
  TakingsView,
  VIEW,
} from './followed-view.js';
import { without } from './planted-fault.js';
import { testProtocol, type ProtocolTest } from './protocol-tests.js';
import type { ActorWork, ScheduleEnd } from './schedule.js';

const EVENTS = [new Counted('a', 1), new Counted('b', 2), new Counted('a', 4), new Counted('b', 8)];
/** Longer than an exploration: no process says in the middle of a schedule that it lives. */
const LEASE_MS = 24 * 60 * 60 * 1_000;

let old: ToyApp;
let next: ToyApp;
let view: FollowedView;

function start(db: FreshDatabase, pools: Pools, projection: typeof TakingsProjection): Promise<ToyApp> {
  const kernel = { runSubscriptions: false, toleratesOutdatedViews: true, leaseMs: LEASE_MS };
  return ToyApp.start(db, { pools, kernel, parts: { entities: [TakingsView], providers: [projection] } });
}

/** The view is at the registered version, whoever has rebuilt it; its rows are the fold of that version alone. */
async function wrongRows(owner: ClientBase, { ends }: ScheduleEnd): Promise<readonly string[]> {
  const { rows } = await owner.query<{ version: number }>('SELECT version FROM kernel.subscriptions WHERE name = $1', [
    VIEW,
  ]);
  const isNext = rows[0]!.version === 2;
  const seen = await (isNext ? view.by(next) : view).drained(owner);
  const factor = isNext ? NEXT_FACTOR : 1;
  const expected = JSON.stringify({ a: [factor, 4 * factor], b: [2 * factor, 8 * factor] });
  const found = JSON.stringify({ a: seen['a'], b: seen['b'] });
  return [
    ...ends.flatMap((end) => (end.kind === 'threw' ? [String(end.error.stack)] : [])),
    ...(found === expected ? [] : [`the view is at version ${rows[0]!.version} and has ${found}`]),
  ];
}

const rebuild = (name: string, by: () => ToyApp): ActorWork => ({
  name,
  run: () => by().get(ProjectionRebuild).rebuild(VIEW),
});

const reset = (owner: ClientBase): Promise<void> => view.reset(owner, { partitions: 2, holder: 'x' });

const bySameRelease: ProtocolTest = {
  title: 'a view that is rebuilt while its worker is at it has every event once',
  reset,
  actors: () => [view.unseen('x', 2), rebuild('rebuild', () => old)],
  slowCommits: /kernel\.(advance|take_over)/,
  violations: wrongRows,
  short: { preemptions: 1, crashes: 0, lostAnswers: 0 },
  whole: { preemptions: 2, crashes: 1, lostAnswers: 0 },
  faults: [],
};

/** The version as it was before the locks were waited for (finding B3). */
function versionBeforeTheLocks(definition: string): string {
  const read = '  SELECT * INTO v_known FROM kernel.subscriptions s WHERE s.name = p_name;\n';
  const lock = '  PERFORM kernel.lock_checkpoints(p_name);\n';
  return without(lock, `${read}${lock}`)(without(read)(definition));
}

const byNextRelease: ProtocolTest = {
  ...bySameRelease,
  title: 'a view that the next release has rebuilt is filled by it alone, whatever a worker of the old one knew',
  actors: () => [view.unseen('x', 2), rebuild('rebuild by the next release', () => next)],
  faults: [
    {
      title: 'a take-over that reads the version before it has the locks',
      shownBy: 'BBBBBBBBBABAAAAAAAA',
      function: 'kernel.take_over',
      change: versionBeforeTheLocks,
    },
  ],
};

const besideSuccessor: ProtocolTest = {
  ...byNextRelease,
  title: 'workers of two releases beside a rebuild never mix their rows',
  actors: () => [
    view.unseen('x', 1),
    rebuild('rebuild by the next release', () => next),
    view.by(next).successor('y', 2, 'x'),
  ],
  short: { preemptions: 0, crashes: 0, lostAnswers: 0 },
  whole: { preemptions: 1, crashes: 0, lostAnswers: 0 },
  faults: [],
};

/** Its checkpoints name an event that the log doesn't hold, as after a restore. */
async function resetDiverged(owner: ClientBase): Promise<void> {
  await reset(owner);
  await owner.query('UPDATE kernel.checkpoints SET position = 2, event_id = gen_random_uuid()');
  await owner.query(`UPDATE kernel.subscriptions SET status = 'diverged' WHERE name = $1`, [VIEW]);
}

/** Once a rebuild has succeeded, nothing stops the view. */
async function stoppedAfterwards(owner: ClientBase, end: ScheduleEnd): Promise<readonly string[]> {
  if (end.ends[0]!.kind !== 'returned') return [];
  const { rows } = await owner.query<{ status: string }>('SELECT status FROM kernel.subscriptions WHERE name = $1', [
    VIEW,
  ]);
  return rows[0]!.status === 'running' ? wrongRows(owner, end) : [`it was rebuilt, and is ${rows[0]!.status}`];
}

const besideMark: ProtocolTest = {
  title: 'a view that has seen another log runs once it is rebuilt, whoever starts meanwhile',
  reset: resetDiverged,
  actors: () => [
    rebuild('rebuild', () => old),
    { name: 'start', run: () => old.get(SubscriptionCatalog).markDiverged() },
  ],
  violations: stoppedAfterwards,
  short: { preemptions: 2, crashes: 0, lostAnswers: 0 },
  whole: { preemptions: Infinity, crashes: 1, lostAnswers: 0 },
  faults: [
    {
      title: 'a start that stops the view by what it saw before it waited for the locks',
      shownBy: 'AAAAAAAAABA',
      function: 'kernel.mark_diverged',
      change: without('IF kernel.is_diverged(v_name) THEN', 'IF true THEN'),
    },
  ],
};

testProtocol({
  name: 'workers against rebuild and release',
  specUrl: import.meta.url,
  start: async ({ db, paused }) => {
    await createToyTables(db, TABLE);
    old = await start(db, paused.pools, TakingsProjection);
    next = await start(db, paused.pools, NextTakingsProjection);
    view = new FollowedView(old, EVENTS);
  },
  stop: async () => {
    await old.close();
    await next.close();
  },
  tests: [bySameRelease, byNextRelease, besideSuccessor, besideMark],
});
