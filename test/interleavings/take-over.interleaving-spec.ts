import type { ClientBase } from 'pg';
import { repartition } from '../support/repartition.js';
import { partitionOf } from '../../src/kernel/subscriptions/partition-of.js';
import { createToyTables, ToyApp } from '../support/toy-app.js';
import { Counted } from '../support/toys.js';
import { FollowedView, refused, TABLE, TakingsProjection, TakingsView, VIEW } from './followed-view.js';
import { without } from './planted-fault.js';
import { testProtocol, type ProtocolTest } from './protocol-tests.js';
import type { ActorWork, ScheduleEnd } from './schedule.js';

/** Two counters, in different partitions where there are two. */
const EVENTS = [new Counted('a', 1), new Counted('b', 2), new Counted('a', 4), new Counted('b', 8)];

let toy: ToyApp;
let view: FollowedView;

const errorsIn = ({ ends }: ScheduleEnd): string[] =>
  ends.flatMap((end) => (end.kind === 'threw' ? [String(end.error.stack)] : []));

async function wrongEffects(owner: ClientBase): Promise<string[]> {
  const seen = await view.drained(owner);
  const expected = JSON.stringify({ a: [1, 4], b: [2, 8] });
  const found = JSON.stringify({ a: seen['a'], b: seen['b'] });
  return found === expected ? [] : [`the view has ${found}`];
}

const violations = async (owner: ClientBase, end: ScheduleEnd): Promise<readonly string[]> => [
  ...errorsIn(end),
  ...(await wrongEffects(owner)),
];

/** In kernel.advance: the fence is looked at, and the rows are moved afterwards whatever has become of them. */
const PLAIN = `
  SELECT count(*) INTO v_moved FROM kernel.checkpoints c
    JOIN jsonb_to_recordset(p->'partitions') AS x (partition smallint, fence bigint)
      ON c.partition = x.partition AND c.fence = x.fence
   WHERE c.subscription = p->>'subscription';
  UPDATE kernel.checkpoints c
     SET position = v_position, event_id = v_event
    FROM jsonb_to_recordset(p->'partitions') AS x (partition smallint)
   WHERE c.subscription = p->>'subscription' AND c.partition = x.partition;`;

function fenceByPlainSelect(definition: string): string {
  return definition.replace(/UPDATE kernel\.checkpoints c[^]*?GET DIAGNOSTICS v_moved = ROW_COUNT;/, () => PLAIN);
}

const takenOver: ProtocolTest = {
  title: 'a replica that has lost its leases and its successor make each event take effect once, in order',
  reset: (owner) => view.reset(owner, { partitions: 2, holder: 'x' }),
  actors: () => [view.replica('x', 2), view.successor('y', 2, 'x')],
  slowCommits: /kernel\.(advance|take_over)/,
  violations,
  short: { preemptions: 1, crashes: 0, lostAnswers: 0 },
  whole: { preemptions: 2, crashes: 0, lostAnswers: 0 },
  faults: [
    {
      title: 'a fence that is read by a plain SELECT',
      shownBy: 'AABBBAAAAAABBBBAABBBB',
      function: 'kernel.advance',
      change: fenceByPlainSelect,
    },
  ],
};

const failedOnce: ProtocolTest = {
  ...takenOver,
  title:
    'an event that fails at a replica and at its successor is stored as failed once, and what follows waits for it',
  reset: async (owner) => {
    await view.reset(owner, { partitions: 2, holder: 'x' });
    refused.by = 1;
  },
  short: { preemptions: 1, crashes: 0, lostAnswers: 0 },
  whole: { preemptions: 2, crashes: 1, lostAnswers: 0, together: 2 },
  faults: [],
};

const repartitionTo = (partitions: number): ActorWork => ({
  name: 'repartition',
  run: () => repartition(toy, { name: VIEW, partitions }),
});

const split: ProtocolTest = {
  title: 'a subscription is split while a replica takes it over, and each event takes effect once',
  reset: (owner) => view.reset(owner, { partitions: 1, holder: 'x' }),
  actors: () => [view.replica('x', 2), repartitionTo(2)],
  violations,
  short: { preemptions: 1, crashes: 0, lostAnswers: 0 },
  whole: { preemptions: 2, crashes: 1, lostAnswers: 0, together: 2 },
  faults: [],
};

/** The layout as it was when the replica got its leases, two partitions, and leases that nobody looks at again (finding B2). */
function layoutOfTheLeases(definition: string): string {
  const leases = `
        JOIN kernel.leases l ON l.subscription = p_name AND l.partition = w.partition AND l.owner = p_replica AND l.token = w.token`;
  const known = `'partitions', v_known.partitions`;
  const asLeased = `'partitions', CASE p_replica WHEN 'x' THEN 2 ELSE v_known.partitions END`;
  return without(leases)(without(known, asLeased)(definition));
}

const merged: ProtocolTest = {
  ...split,
  title: 'two partitions are merged while a replica takes them over, and each event takes effect once',
  reset: (owner) => view.reset(owner, { partitions: 2, holder: 'x' }),
  actors: () => [view.replica('x', 2), repartitionTo(1)],
  faults: [
    {
      title: 'a take-over that believes the layout with which the leases were given',
      shownBy: 'BBBBBBBBBBBBBBBBBBBBBBBBBBBBAAAAAAAA',
      function: 'kernel.take_over',
      change: layoutOfTheLeases,
    },
  ],
};

/** One of two partitions is at the end of the log, the other one at its beginning. */
async function unevenly(owner: ClientBase): Promise<void> {
  await view.reset(owner, { partitions: 2, holder: 'x' });
  await owner.query(`INSERT INTO toy_read.takings VALUES ('a', '{1,4}', 2, 3)`);
  await owner.query(
    `UPDATE kernel.checkpoints SET position = 4, event_id = (SELECT e.event_id FROM kernel.events e ORDER BY e.id DESC LIMIT 1)
      WHERE partition = $1`,
    [partitionOf('a', 2)],
  );
}

const uneven: ProtocolTest = {
  ...split,
  title: 'partitions at different positions become others, and each event takes effect once',
  reset: unevenly,
  actors: () => [view.replica('x', 2), repartitionTo(1)],
  faults: [
    {
      title: 'a take-over that does not know where the former partitions stood',
      shownBy: 'AAAAAAA!BBBBBBBBBBBBBBBBBBBBBBBBBBBB',
      function: 'kernel.take_over',
      change: without('WHERE f.subscription = p_name', 'WHERE false'),
    },
  ],
};

/** `b` is in a partition that two don't have. */
const MORE = 5;

const frozen: ProtocolTest = {
  ...split,
  title: 'a replica that stands still while its subscription is paused, split and resumed has no effect afterwards',
  reset: (owner) => view.reset(owner, { partitions: 2, holder: 'x' }),
  actors: () => [view.unseen('x', 2), repartitionTo(MORE)],
  slowCommits: /kernel\.advance/,
  short: { preemptions: 1, crashes: 0, lostAnswers: 0 },
  whole: { preemptions: 2, crashes: 0, lostAnswers: 0 },
  faults: [
    {
      title: 'a commit that does not look at the fence',
      shownBy: 'AAAAABBBBBBBBBBBBBBBBBBBBBBBBBBBBAAA',
      function: 'kernel.advance',
      change: without('AND c.fence = x.fence'),
    },
  ],
};

const mergedOfTwo: ProtocolTest = {
  ...merged,
  title: 'two partitions are merged while a replica and its successor work on them, and each event takes effect once',
  actors: () => [view.replica('x', 1), view.successor('y', 1, 'x'), repartitionTo(1)],
  short: { preemptions: 0, crashes: 0, lostAnswers: 0 },
  whole: { preemptions: 1, crashes: 0, lostAnswers: 0 },
  faults: [],
};

testProtocol({
  name: 'take-over against take-over, lease loss and repartition',
  specUrl: import.meta.url,
  start: async ({ db, paused }) => {
    await createToyTables(db, TABLE);
    toy = await ToyApp.start(db, {
      pools: paused.pools,
      parts: { entities: [TakingsView], providers: [TakingsProjection] },
      kernel: { runSubscriptions: false },
    });
    view = new FollowedView(toy, EVENTS);
  },
  stop: () => toy.close(),
  tests: [takenOver, failedOnce, split, merged, uneven, frozen, mergedOfTwo],
});
