import type { ClientBase } from 'pg';
import { DeadLetters } from '../../src/kernel/subscriptions/dead-letters.js';
import { repartition } from '../support/repartition.js';
import { createToyTables, ToyApp } from '../support/toy-app.js';
import { Counted } from '../support/toys.js';
import { FollowedView, refused, TABLE, TakingsProjection, TakingsView, VIEW } from './followed-view.js';
import { without } from './planted-fault.js';
import { testProtocol, type ProtocolTest } from './protocol-tests.js';
import type { ActorWork, ScheduleEnd } from './schedule.js';

/** The first one of `a` has failed, `b` has taken effect once; the others are still to come. */
const EVENTS = [new Counted('a', 1), new Counted('b', 2), new Counted('a', 4), new Counted('b', 8)];
const PASSED = 2;
const EDITED = 16;

const LATER_COUNT = 'EXIT WHEN v_locked = (SELECT count(*) FROM kernel.checkpoints c WHERE c.subscription = p_name);';

let toy: ToyApp;
let view: FollowedView;
let failedId = 0;

async function reset(owner: ClientBase): Promise<void> {
  await view.reset(owner, { partitions: 1, holder: 'x', position: PASSED });
  await owner.query(`INSERT INTO toy_read.takings VALUES ('b', '{2}', 1, 2)`);
  const { rows } = await owner.query<{ id: number }>(
    `INSERT INTO kernel.failed_events (subscription, key, position, partition, event_id, state, attempts, next_try_at)
     SELECT $1, 'a', 1, 0, l.event_id, 'retrying', 1, clock_timestamp() FROM kernel.log l WHERE l.position = 1 RETURNING id`,
    [VIEW],
  );
  failedId = rows[0]!.id;
}

async function resetFailing(owner: ClientBase): Promise<void> {
  await reset(owner);
  refused.by = 1;
}

const by = { by: { id: 'ada' }, reason: 'a schedule' };
const letters = (): DeadLetters => toy.get(DeadLetters);
const operator = (name: string, run: () => Promise<unknown>): ActorWork => ({ name, run });
const discard = operator('discard', () => letters().discard(failedId, by));
const edit = operator('edit', () =>
  letters().editAndRetry(failedId, { counterId: 'a', by: EDITED, kind: 'plain' }, by),
);
const retry = operator('retry', () => letters().retry({ subscription: VIEW }, by));

/** Failed events that wait although they are the first of their key: nobody would try them before the next take-over. */
async function waitingForNothing(owner: ClientBase): Promise<string[]> {
  const { rows } = await owner.query<{ key: string; position: number }>(
    `SELECT h.key, h.position FROM kernel.failed_events h
      WHERE h.state = 'waiting' AND NOT EXISTS (SELECT FROM kernel.failed_events b WHERE b.key = h.key AND b.position < h.position)`,
  );
  return rows.map(({ key, position }) => `${key} waits at ${position} behind nothing`);
}

/**
 * What the operator did, if it succeeded, and everything else took effect once and in the order of its key.
 *
 * @param done what `a` has seen if the operator succeeded.
 */
function effects(done: readonly number[]): ProtocolTest['violations'] {
  return async (owner: ClientBase, { ends: [worker, operating] }: ScheduleEnd) => {
    const waiting = await waitingForNothing(owner);
    const seen = await view.drained(owner);
    const untouched = JSON.stringify({ a: [1, 4], b: [2, 8] });
    const after = JSON.stringify({ a: done, b: [2, 8] });
    const allowed = {
      returned: [after],
      threw: [untouched],
      crashed: [after, untouched],
    }[operating!.kind];
    const found = JSON.stringify({ a: seen['a'], b: seen['b'] });
    const isUnknown =
      operating!.kind !== 'threw' || (operating!.error as { code?: string }).code === 'dead-letter-unknown';
    return [
      ...(worker!.kind === 'threw' ? [String(worker!.error.stack)] : []),
      ...waiting,
      ...(isUnknown ? [] : [String((operating as { error: Error }).error.stack)]),
      ...(allowed.includes(found) ? [] : [`the operator ${operating!.kind}, and the view has ${found}`]),
    ];
  };
}

const both = {
  short: { preemptions: 1, crashes: 0, lostAnswers: 0 },
  whole: { preemptions: 2, crashes: 1, lostAnswers: 0, together: 2 },
};

const discarded: ProtocolTest = {
  title: 'a failed event is discarded or takes effect, never both, and what follows it is not forgotten',
  reset,
  actors: () => [view.replica('x', 3), discard],
  slowCommits: /kernel\.(advance|settle_failed_event)/,
  violations: effects([4]),
  ...both,
  faults: [],
};

const discardedFailing: ProtocolTest = {
  ...discarded,
  title: 'a failed event that fails again is discarded, and what follows it is not forgotten',
  reset: resetFailing,
  faults: [
    {
      title: 'a discard that does not lock the checkpoint',
      shownBy: 'AAAAAAAAAAAABBBBBBBAAAA',
      function: 'kernel.lock_checkpoints',
      change: without('FOR UPDATE'),
    },
  ],
};

const edited: ProtocolTest = {
  title:
    'a failed event takes effect with the data that an operator gave it, or the operator is told that it was too late',
  reset,
  actors: () => [view.replica('x', 3), edit],
  slowCommits: /kernel\.(advance|settle_failed_event)/,
  violations: effects([EDITED, 4]),
  ...both,
  faults: [
    {
      title: 'a try that does not look whether the event was edited meanwhile',
      shownBy: 'AAAAAAABBBBBAAAAAAAA',
      function: 'kernel.settle_failed_event',
      change: without(`AND h.revision = coalesce((p->>'revision')::int, h.revision)`),
    },
  ],
};

const editedFailing: ProtocolTest = {
  ...edited,
  title: 'a failed event that fails again is edited, and takes effect with those data',
  reset: resetFailing,
  faults: [],
};

const retried: ProtocolTest = {
  title: 'a failed event that an operator has tried again takes effect once, before what follows it',
  reset: resetFailing,
  actors: () => [view.replica('x', 3), retry],
  slowCommits: /kernel\.(advance|settle_failed_event)/,
  violations: effects([1, 4]),
  ...both,
  faults: [],
};

/** The first one of `a` is paused: no worker tries it. */
async function resetPaused(owner: ClientBase): Promise<void> {
  await reset(owner);
  await owner.query(`UPDATE kernel.failed_events SET state = 'dead-lettered', next_try_at = NULL`);
}

const repartitioning = operator('repartition', () => repartition(toy, { name: VIEW, partitions: 2 }));

/** What follows the discarded event takes effect, whatever the repartition came to. */
const discardedInSplit: ProtocolTest = {
  ...discarded,
  title: 'a dead letter is discarded while its subscription is split, and what follows it is not forgotten',
  reset: resetPaused,
  actors: () => [repartitioning, discard, view.replica('x', 1)],
  violations: (owner, { ends: [, discarding, worker], ...end }) =>
    effects([4])(owner, { ...end, ends: [worker!, discarding!] }),
  short: { preemptions: 0, crashes: 0, lostAnswers: 0 },
  whole: { preemptions: 1, crashes: 0, lostAnswers: 0 },
  faults: [
    {
      title: 'a lock that is content with the rows of before a repartition',
      shownBy: 'AAAAAAAAAAAAAAAAAAAAABBBAAAAAAABBCCCCCCCCCBB',
      isTooDeepToSearch: true,
      function: 'kernel.lock_checkpoints',
      change: without(LATER_COUNT, 'EXIT;'),
    },
  ],
};

testProtocol({
  name: 'advance and retries against discard, edit, retry and repartition',
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
  tests: [discarded, discardedFailing, edited, editedFailing, retried, discardedInSplit],
});
