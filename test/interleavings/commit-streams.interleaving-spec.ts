import { UnitOfWork } from '../../src/kernel/commands/unit-of-work.js';
import { createToyTables, ToyApp } from '../support/toy-app.js';
import { Boxes, Counters, LimitReached, streamOf } from '../support/toys.js';
import type { ActorEnd } from './actor.js';
import { brokenStreams, countOf, emptyLog, givenEvents } from './log-rows.js';
import { without } from './planted-fault.js';
import { testProtocol, type ProtocolTest } from './protocol-tests.js';

let toy: ToyApp;

const counted = (id: string) => ({
  stream: streamOf(id),
  name: 'toy.counted',
  data: { counterId: id, by: 1, kind: 'plain' },
});

/** Counts by one. In a real transaction, the commit statement isn't the transaction's last one. */
const count = (id: string, transaction: 'none' | 'real') => () =>
  toy.inCommand(async () => {
    if (transaction === 'real') await UnitOfWork.required('A transaction').transaction.client();
    const counters = toy.get(Counters);
    const counter = await counters.load(id);
    counter.count(1);
    await counters.save(counter);
    return counter.total;
  });

/** Counts one counter, and only while the other stands at one. */
const countIfOther = (own: string, other: string) => () =>
  toy.inCommand(async () => {
    await UnitOfWork.required('A transaction').transaction.client();
    const counters = toy.get(Counters);
    const guarded = await counters.loadAndGuard(other);
    if (guarded.total > 1) throw new LimitReached(1);
    const counter = await counters.load(own);
    counter.count(1);
    await counters.save(counter);
  });

const oneStream: ProtocolTest = {
  title: 'two commands on one stream both take effect, one after the other',
  reset: async (owner) => {
    await emptyLog(owner);
    await givenEvents(owner, [counted('one')]);
  },
  actors: () => [
    { name: 'command', run: count('one', 'none') },
    { name: 'command in a transaction', run: count('one', 'real') },
  ],
  violations: async (owner, { ends }) => {
    const totals = ends.flatMap((end) => (end.kind === 'returned' ? [end.value] : []));
    const effects = (await countOf(owner, streamOf('one'))) - 1;
    return [
      ...(await brokenStreams(owner)),
      ...errorsIn(ends),
      ...(new Set(totals).size < totals.length ? [`both say ${String(totals[0])}`] : []),
      ...(effects < totals.length || effects > ends.length ? [`${totals.length} answers, ${effects} effects`] : []),
    ];
  },
  short: { preemptions: 2, crashes: 1, lostAnswers: 0 },
  whole: { preemptions: Infinity, crashes: 1, lostAnswers: 0 },
  faults: [
    {
      title: 'a commit that does not compare the version',
      function: 'kernel.commit',
      change: without(`AND t.version = (x->>'expected')::bigint\n        RETURNING 0`, 'RETURNING 0'),
    },
  ],
};

const guards: ProtocolTest = {
  title: 'two commands that each guard the stream which the other writes never both take effect',
  reset: async (owner) => {
    await emptyLog(owner);
    await givenEvents(owner, [counted('left'), counted('right')]);
  },
  actors: () => [
    { name: 'writes left', run: countIfOther('left', 'right') },
    { name: 'writes right', run: countIfOther('right', 'left') },
  ],
  violations: async (owner, { ends }) => {
    const effects = (await countOf(owner, streamOf('left'))) + (await countOf(owner, streamOf('right'))) - 2;
    return [
      ...(await brokenStreams(owner)),
      ...errorsIn(ends, LimitReached),
      ...(effects > 1 ? ['both took effect'] : []),
    ];
  },
  short: { preemptions: 2, crashes: 0, lostAnswers: 0 },
  whole: { preemptions: 4, crashes: 1, lostAnswers: 0 },
  faults: [
    {
      title: 'a guard that locks nothing',
      shownBy: 'AAABBBBA',
      function: 'kernel.commit',
      change: without(' FOR SHARE'),
    },
  ],
};

function errorsIn(ends: readonly ActorEnd[], expected?: new (...args: never[]) => Error): string[] {
  return ends.flatMap((end) =>
    end.kind !== 'threw' || (expected !== undefined && end.error instanceof expected) ? [] : [String(end.error)],
  );
}

testProtocol({
  name: 'commit against commit on one stream',
  specUrl: import.meta.url,
  start: async ({ db, paused }) => {
    await createToyTables(db);
    toy = await ToyApp.start(db, {
      pools: paused.pools,
      parts: { providers: [Counters, Boxes] },
      kernel: { runSubscriptions: false },
    });
  },
  stop: () => toy.close(),
  tests: [oneStream, guards],
});
