import type { ClientBase } from 'pg';
import { createToyTables, type ToyApp } from '../support/toy-app.js';
import { without, type PlantedFault } from './planted-fault.js';
import { testProtocol, type ProtocolTest } from './protocol-tests.js';
import {
  clear,
  command,
  commandedIds,
  counting,
  countLocked,
  forgetCommands,
  rebuilding,
  wrongEvents,
} from './rebuild-actors.js';
import { rebuildBy, startReleases, stopReleases, type Releases } from './rebuild-releases.js';
import { registeredView, resetView, wrongRows, GIVEN_EVENTS } from './rebuild-rows.js';
import type { ScheduleEnd } from './schedule.js';

let releases: Releases;
const old = (): ToyApp => releases.old;
const next = (): ToyApp => releases.next;

async function reset(owner: ClientBase): Promise<void> {
  forgetCommands();
  await resetView(owner);
}

const errorsIn = ({ ends }: ScheduleEnd): string[] =>
  ends.flatMap((end) => (end.kind === 'threw' ? [String(end.error)] : []));

/** Once nothing is under way, the view is right, and each stream takes another command that leaves it right. */
async function wrongView(owner: ClientBase, end: ScheduleEnd): Promise<string[]> {
  const now = [...errorsIn(end), ...(await wrongEvents(owner, GIVEN_EVENTS)), ...(await wrongRows(owner))];
  return now.length > 0 ? now : afterNextCommands(owner);
}

async function afterNextCommands(owner: ClientBase): Promise<string[]> {
  const { version } = await registeredView(owner);
  try {
    for (const id of commandedIds()) await command(version === 1 ? old() : next(), id, { mayRefuse: [] });
  } catch (error) {
    return [`a command afterwards: ${String(error)}`];
  }
  return [...((await registeredView(owner)).isMarked ? ['it is marked for ever'] : []), ...(await wrongRows(owner))];
}

/** Where the rebuild of the schedule has not come to its end. */
async function afterNextRebuild(owner: ClientBase): Promise<string[]> {
  if ((await registeredView(owner)).version === 2) return [];
  await rebuildBy(next());
  return [...((await registeredView(owner)).isMarked ? ['it is marked for ever'] : []), ...(await wrongRows(owner))];
}

const VIEW_LOCK = `hashtextextended('waybill.view:' || `;
const REBUILD_LOCK = `pg_try_advisory_xact_lock(hashtextextended('waybill.rebuild:' || $1, 0))`;

const withoutMark: PlantedFault = {
  title: 'a rebuild that does not mark the view',
  statement: ['SET rebuild_to = (SELECT head FROM kernel.log_state) WHERE', 'SET rebuild_to = rebuild_to WHERE'],
};

/** Commits of single statements take long: their writers hold the lock of the view meanwhile. */
const SLOW_COMMITS = /kernel\.commit/;

const besideRebuild: ProtocolTest = {
  title: 'a command that succeeds beside a rebuild is in the view, and leaves nothing wrong in it',
  reset,
  actors: () => [rebuilding('rebuild', old), counting('command', old, 'cleared')],
  slowCommits: SLOW_COMMITS,
  violations: wrongView,
  short: { preemptions: 1, crashes: 0, lostAnswers: 0 },
  whole: { preemptions: 2, crashes: 0, lostAnswers: 0 },
  faults: [withoutMark],
};

const besideRelease: ProtocolTest = {
  title: 'no row of the old release stays once the next one has rebuilt the view',
  reset,
  actors: () => [counting('old release', old, 'new'), rebuilding('rebuild by the next release', next)],
  slowCommits: SLOW_COMMITS,
  violations: wrongView,
  short: { preemptions: 1, crashes: 0, lostAnswers: 0 },
  whole: { preemptions: 3, crashes: 0, lostAnswers: 0 },
  faults: [
    {
      title: 'a commit that does not compare the version of the view',
      shownBy: 'BBBBBBBBBBBBBBBBAAA',
      function: 'kernel.commit',
      change: without(`AND s.version = (x->>'version')::int `),
    },
    withoutMark,
    {
      title: 'a commit that does not look at the mark',
      shownBy: 'BBBBBBBBBBBBBBBAAAB',
      function: 'kernel.commit',
      change: without(' AND s.rebuild_to IS NULL'),
    },
    {
      title: 'a rebuild that does not wait for earlier writers',
      shownBy: 'AABBBBBBBBBBBBBBBBA',
      statement: [`SELECT pg_advisory_xact_lock(${VIEW_LOCK}$1, 0))`, 'SELECT $1::text'],
    },
    {
      title: 'a commit that takes no lock of the view',
      shownBy: 'AABBBBBBBBBBBBBBBBA',
      function: 'kernel.commit',
      change: without(`PERFORM pg_advisory_xact_lock_shared(${VIEW_LOCK}(x->>'name'), 0));`),
    },
    {
      title: 'a writer that ends the mark of a rebuild that lives',
      shownBy: 'BBBBBBBBBBBBBBAAAAAAAABB',
      statement: [`AND ${REBUILD_LOCK}`, ''],
    },
    {
      title: 'a rebuild that does not show that it lives',
      shownBy: 'BBBBBBBBBBBBBBAAAAAAAABB',
      statement: [`SELECT ${REBUILD_LOCK} AS alone`, 'SELECT $1::text IS NOT NULL AS alone'],
    },
  ],
};

const bothReleases: ProtocolTest = {
  title: 'commands of both releases beside a rebuild take effect only by the version that the view has',
  reset,
  actors: () => [
    counting('old release', old, 'kept'),
    rebuilding('rebuild by the next release', next),
    counting('next release', next, 'kept'),
  ],
  slowCommits: SLOW_COMMITS,
  violations: wrongView,
  short: { preemptions: 0, crashes: 0, lostAnswers: 0 },
  whole: { preemptions: 2, crashes: 0, lostAnswers: 0 },
  faults: [],
};

const crashes: ProtocolTest = {
  title: 'a rebuild or a command that dies leaves the view as it was, and the next ones of both succeed',
  reset,
  actors: () => [rebuilding('rebuild', next), counting('old release', old, 'new')],
  slowCommits: SLOW_COMMITS,
  violations: async (owner, end) => {
    const wrong = await wrongView(owner, end);
    return wrong.length > 0 ? wrong : afterNextRebuild(owner);
  },
  short: { preemptions: 0, crashes: 1, lostAnswers: 0 },
  whole: { preemptions: 1, crashes: 1, lostAnswers: 0 },
  faults: [
    {
      title: 'a rebuild that commits before the view is filled',
      shownBy: 'AAAAAAAAAAAAAAAA!BBBBBBB',
      statement: [/^(DELETE FROM "toy_read"\."counters")$/, '$1; COMMIT; BEGIN'],
    },
  ],
};

const lostAnswers: ProtocolTest = {
  title: 'a rebuild or a command that loses the answer to its mark or its commit leaves nothing half done',
  reset,
  actors: () => [rebuilding('rebuild', next, 'outcome-unknown'), counting('old release', old, 'kept')],
  violations: wrongView,
  mayLose: /SET rebuild_to = \(SELECT head|^COMMIT|kernel\.commit/,
  short: { preemptions: 0, crashes: 0, lostAnswers: 1 },
  whole: { preemptions: 1, crashes: 0, lostAnswers: 1 },
  faults: [],
};

const twoRebuilds: ProtocolTest = {
  title: 'two rebuilds at once leave the view as one does, and no mark',
  reset,
  actors: () => [
    rebuilding('rebuild', next, 'rebuild-under-way'),
    rebuilding('other rebuild', next, 'rebuild-under-way'),
    counting('old release', old, 'kept'),
  ],
  violations: wrongView,
  short: { preemptions: 0, crashes: 0, lostAnswers: 0 },
  whole: { preemptions: 1, crashes: 0, lostAnswers: 0 },
  faults: [],
};

/** One writer has the lock of the stream, the other that of the view, and the rebuild waits between them. */
const queuedWriters: ProtocolTest = {
  title: 'writers of one stream beside a rebuild end, also where one of them has locked the stream',
  reset,
  actors: () => [
    counting('command that has locked its stream', old, 'kept', { does: countLocked }),
    counting('command', old, 'kept'),
    rebuilding('rebuild', next),
  ],
  slowCommits: SLOW_COMMITS,
  violations: wrongView,
  short: { preemptions: 0, crashes: 0, lostAnswers: 0 },
  whole: { preemptions: 1, crashes: 0, lostAnswers: 0 },
  faults: [],
};

const oneStream: ProtocolTest = {
  title: 'commands on one stream leave the row of the last one, also after a process that does not write the view',
  reset,
  actors: () => [
    counting('command', old, 'kept'),
    counting('other command', old, 'kept'),
    counting('process without the view', () => releases.without, 'kept'),
  ],
  violations: async (owner, end) => {
    const wrong = [...errorsIn(end), ...(await wrongEvents(owner, GIVEN_EVENTS))];
    // The row lags where the process without the view came last.
    return wrong.length > 0 ? wrong : afterNextCommands(owner);
  },
  short: { preemptions: 1, crashes: 0, lostAnswers: 0 },
  whole: { preemptions: Infinity, crashes: 0, lostAnswers: 0 },
  faults: [
    {
      title: 'a row that is not written where it lags',
      function: 'kernel.is_row_of_stream',
      change: without('p_stored <= p_from', 'p_stored = p_from'),
    },
    {
      title: 'a commit that does not compare the version of the stream',
      shownBy: 'AABCCB',
      function: 'kernel.commit',
      change: without(`AND t.version = (x->>'expected')::bigint\n        RETURNING 0`, 'RETURNING 0'),
    },
  ],
};

/** Another stream has written the row. */
const NOT_ITS_ROW = 'WB013';

/** Streams of two tenants with one id would have one row. */
const twoTenants: ProtocolTest = {
  title: 'a row belongs to the stream that wrote it: another one of the same id neither replaces nor removes it',
  reset,
  actors: () => [
    {
      name: 'tenant',
      run: async () => {
        await command(old(), 'shared', { mayRefuse: [NOT_ITS_ROW] });
        for (let times = 2; times > 0; times -= 1)
          await command(old(), 'shared', { mayRefuse: [NOT_ITS_ROW, 'not-found'], does: clear });
      },
    },
    counting('other tenant', old, 'shared', { tenant: 'other', mayRefuse: [NOT_ITS_ROW] }),
  ],
  slowCommits: SLOW_COMMITS,
  violations: async (owner, end) => [...errorsIn(end), ...(await wrongRows(owner))],
  short: { preemptions: 1, crashes: 0, lostAnswers: 0 },
  whole: { preemptions: Infinity, crashes: 0, lostAnswers: 0 },
  faults: [
    {
      title: 'a view that replaces the row of another stream',
      statement: [/WHERE kernel\.is_row_of_stream\([^]*? = excluded\."counter_id"\)\)/, ''],
    },
    {
      title: 'a view that removes the row of another stream',
      shownBy: 'AAAAAAABBBAA',
      statement: [/AND CASE WHEN [^]*? END/, ''],
    },
  ],
};

testProtocol({
  name: 'inline views against rebuild and release',
  specUrl: import.meta.url,
  start: async ({ db, paused }) => {
    await createToyTables(db);
    releases = await startReleases(db, paused.pools);
  },
  stop: () => stopReleases(releases),
  tests: [
    besideRebuild,
    besideRelease,
    bothReleases,
    crashes,
    lostAnswers,
    twoRebuilds,
    queuedWriters,
    oneStream,
    twoTenants,
  ],
});
