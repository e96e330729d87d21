import type { ClientBase } from 'pg';
import { EventStreams } from '../../src/kernel/commands/event-streams.js';
import { UnitOfWork } from '../../src/kernel/commands/unit-of-work.js';
import { readLog } from '../../src/kernel/event-log/sql/read-log.js';
import { sequence } from '../../src/kernel/event-log/sql/sequence.js';
import { createToyTables, ToyApp } from '../support/toy-app.js';
import { Noticed } from '../support/toys.js';
import { emptyLog } from './log-rows.js';
import { without } from './planted-fault.js';
import { testProtocol, type ProtocolTest } from './protocol-tests.js';
import type { ActorWork } from './schedule.js';

let toy: ToyApp;

const MOST = 500;

/** Publishes one event per stream, one after the other. In a real transaction, an event has its id before others see it. */
function publisher(name: string, streams: readonly string[], transaction: 'none' | 'real'): ActorWork {
  const publish = (stream: string): Promise<void> =>
    toy.inCommand(async () => {
      if (transaction === 'real') await UnitOfWork.required('A transaction').transaction.client();
      toy.get(EventStreams).append({ stream, events: [new Noticed(stream)] });
    });
  const run = async (): Promise<void> => {
    for (const stream of streams) await publish(stream);
  };
  return { name, run };
}

/** What the reader of the latest schedule has read, by event id: it reads what is new, and never looks back. */
let read: number[] = [];
let readTo = 0;

function reader(turns: number): ActorWork {
  read = [];
  readTo = 0;
  const run = async (): Promise<void> => {
    for (let left = turns; left > 0; left -= 1) {
      const { head } = await sequence(toy.pools.control, MOST);
      if (head === readTo) continue;
      const { rows } = await readLog(toy.pools.worker, { after: readTo, to: head });
      read.push(...rows.map(({ id }) => id));
      readTo = head;
    }
  };
  return { name: 'reader', run };
}

/** The same call, but its transaction ends later: its commit waits for a synchronous standby, or its machine is slow. */
function slowSequencer(): ActorWork {
  const run = async (): Promise<void> => {
    const client = await toy.pools.control.connect();
    await client.query('BEGIN');
    await sequence(client, MOST);
    await client.query('COMMIT');
    client.release();
  };
  return { name: 'slow sequencer', run };
}

function sequencer(turns: number): ActorWork {
  const run = async (): Promise<void> => {
    for (let left = turns; left > 0; left -= 1) await sequence(toy.pools.control, MOST);
  };
  return { name: 'sequencer', run };
}

/** Once nobody writes any more, every committed event has one position, and a reader has missed none. */
async function wrongOrder(owner: ClientBase): Promise<string[]> {
  await owner.query('SELECT kernel.sequence()');
  const { rows } = await owner.query<{ id: number; position: number | null; stream: string }>(
    `SELECT e.id, e.stream_id AS stream, l.position FROM kernel.events e LEFT JOIN kernel.log l ON l.event_id = e.id
      ORDER BY l.position`,
  );
  const positions = rows.map(({ position }) => position);
  const placeOf = (stream: string): number => rows.findIndex((row) => row.stream === stream);
  const isEarlyLate = placeOf('early') > placeOf('late') && placeOf('late') >= 0;
  const expected = rows.filter(({ position }) => position !== null && position <= readTo).map(({ id }) => id);
  return [
    ...(positions.includes(null) ? ['a committed event has no position'] : []),
    ...(positions.some((position, index) => position !== null && position !== index + 1)
      ? ['positions have gaps']
      : []),
    ...(isEarlyLate ? ['a later command has the earlier position'] : []),
    ...(read.join() === expected.join() ? [] : [`a reader has read ${read.join()} of ${expected.join()}`]),
  ];
}

const readersMissNothing: ProtocolTest = {
  title: 'a reader of the log meets every committed event once, in an order that agrees with that of the commands',
  reset: emptyLog,
  actors: () => [
    publisher('slow publisher', ['slow'], 'real'),
    publisher('publisher', ['early', 'late'], 'none'),
    reader(2),
  ],
  violations: async (owner, { ends }) => [
    ...ends.flatMap((end) => (end.kind === 'threw' ? [String(end.error)] : [])),
    ...(await wrongOrder(owner)),
  ],
  short: { preemptions: 2, crashes: 1, lostAnswers: 0 },
  whole: { preemptions: Infinity, crashes: 1, lostAnswers: 0 },
  faults: [
    {
      title: 'a sequencer that forgets the ids it has not seen yet',
      shownBy: 'ABBCCCA',
      function: 'kernel.sequence',
      change: without('WHERE cardinality(v_fresh) <> v_top', 'WHERE false AND cardinality(v_fresh) <> v_top'),
    },
  ],
};

const STATE = '  SELECT * INTO v_state FROM kernel.log_state;\n';
const LOCK = '    PERFORM pg_advisory_xact_lock(7735918240173645);\n';
const BOUND = '    v_bound := pg_current_xact_id();\n';

const oneSequencer: ProtocolTest = {
  title: 'two sequencers at once give no position twice and lose no event',
  reset: emptyLog,
  actors: () => [
    slowSequencer(),
    sequencer(2),
    publisher('slow publisher', ['slow'], 'real'),
    publisher('publisher', ['early', 'late'], 'none'),
  ],
  violations: async (owner, { ends }) => {
    read = [];
    readTo = 0;
    return [...ends.flatMap((end) => (end.kind === 'threw' ? [String(end.error)] : [])), ...(await wrongOrder(owner))];
  },
  short: { preemptions: 1, crashes: 0, lostAnswers: 0 },
  whole: { preemptions: Infinity, crashes: 0, lostAnswers: 0 },
  faults: [
    { title: 'a sequencer without its lock', shownBy: 'CCABADD', function: 'kernel.sequence', change: without(LOCK) },
    {
      title: 'a sequencer that reads its state before it has the lock',
      shownBy: 'CCABADD',
      function: 'kernel.sequence',
      change: (definition) => without(LOCK, `${STATE}${LOCK}`)(without(STATE)(definition)),
    },
    {
      title: 'a sequencer that draws the bound of a gap before its snapshot',
      shownBy: 'ABCDADBC',
      function: 'kernel.sequence',
      change: (definition) => without(LOCK, `${BOUND}${LOCK}`)(without(BOUND)(definition)),
    },
  ],
};

testProtocol({
  name: 'sequence against commit and rollback',
  specUrl: import.meta.url,
  start: async ({ db, paused }) => {
    await createToyTables(db);
    toy = await ToyApp.start(db, {
      pools: paused.pools,
      parts: { providers: [] },
      kernel: { runSubscriptions: false },
    });
  },
  stop: () => toy.close(),
  tests: [readersMissNothing, oneSequencer],
});
