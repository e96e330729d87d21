import { EventStreams } from '../../src/kernel/commands/event-streams.js';
import { forgetOldKeys } from '../../src/kernel/idempotency/idempotency.js';
import { RequestInProgress } from '../../src/kernel/idempotency/idempotency.js';
import { UnitOfWork } from '../../src/kernel/commands/unit-of-work.js';
import { MessageContext } from '../../src/kernel/messages/message-context.js';
import { createToyTables, ToyApp } from '../support/toy-app.js';
import { Counted } from '../support/toys.js';
import type { ActorEnd } from './actor.js';
import { brokenStreams, countOf, emptyLog } from './log-rows.js';
import { without, type FunctionFault, type StatementFault } from './planted-fault.js';
import { testProtocol, type ProtocolTest } from './protocol-tests.js';

let toy: ToyApp;

const STREAM = 'toy.counter:one';
const KEY = 'k1';
const RETENTION_DAYS = 7;

/** A client's request under the key. Its effect is an event on a stream that must be new, or on one that may exist. */
const request =
  (by: string, expected: 'none' | 'any', key = KEY) =>
  () =>
    toy.inCommand(
      async () => {
        await UnitOfWork.required('A transaction').transaction.client();
        toy.get(EventStreams).append({ stream: STREAM, events: [new Counted('one', 1)], expected });
        return by;
      },
      new MessageContext({ idempotency: { key, operation: 'POST /counters', fingerprint: 'f' } }),
    );

const answersIn = (ends: readonly ActorEnd[]): unknown[] =>
  ends.flatMap((end) => (end.kind === 'returned' && end.value !== undefined ? [end.value] : []));
const errorsIn = (ends: readonly ActorEnd[]): string[] =>
  ends.flatMap((end) => (end.kind === 'threw' && !(end.error instanceof RequestInProgress) ? [String(end.error)] : []));

/** Every request of one key gets the same answer, and there is one effect where there is an answer. */
async function onceAnswered(owner: Parameters<ProtocolTest['reset']>[0], ends: readonly ActorEnd[]): Promise<string[]> {
  const answers = answersIn(ends);
  const effects = await countOf(owner, STREAM);
  return [
    ...(await brokenStreams(owner)),
    ...errorsIn(ends),
    ...(new Set(answers).size > 1 ? [`one key has the answers ${answers.join(' and ')}`] : []),
    ...(effects > 1 || (answers.length > 0 && effects === 0) ? [`${effects} effects`] : []),
  ];
}

const keyIsNotUnique: FunctionFault = {
  title: 'a commit that takes a known key for a new one',
  function: 'kernel.commit',
  change: without('IF NOT FOUND THEN\n      IF i = 0', 'IF false THEN\n      IF i = 0'),
};

/** The keys' loop goes behind the streams'. */
const keyAfterVersion: FunctionFault = {
  title: 'a commit that writes its key after the check of the version',
  function: 'kernel.commit',
  change: (definition) => {
    const [loop] = /  v_list := p_work->'keys';\n[^]*?END LOOP;\n/.exec(definition)!;
    const rest = without(loop)(definition);
    return without(`  v_list := p_work->'uniques';\n`, `${loop}  v_list := p_work->'uniques';\n`)(rest);
  },
};

const sameKey: ProtocolTest = {
  title: 'two requests with one key have one effect and one answer, also when one is killed',
  reset: emptyLog,
  actors: () => [
    { name: 'first request', run: request('first', 'none') },
    { name: 'its repeat', run: request('repeat', 'none') },
  ],
  violations: (owner, { ends }) => onceAnswered(owner, ends),
  short: { preemptions: 2, crashes: 1, lostAnswers: 0 },
  whole: { preemptions: Infinity, crashes: 1, lostAnswers: 0 },
  faults: [keyAfterVersion],
};

const lostAnswer: ProtocolTest = {
  title: 'a request whose commit loses its answer takes effect once, beside a repeat of the client',
  reset: emptyLog,
  actors: () => [
    { name: 'first request', run: request('first', 'any') },
    { name: 'its repeat', run: request('repeat', 'any') },
  ],
  mayLose: /kernel\.commit|COMMIT/,
  violations: (owner, { ends }) => onceAnswered(owner, ends),
  short: { preemptions: 1, crashes: 0, lostAnswers: 1 },
  whole: { preemptions: 3, crashes: 1, lostAnswers: 1 },
  faults: [keyIsNotUnique],
};

const forgetsEverything: StatementFault = {
  title: 'a retention that does not look at the age of a key',
  statement: ['created_at < clock_timestamp() - make_interval(days => $1)', '$1::int IS NOT NULL'],
};

const retention: ProtocolTest = {
  title: 'a key is forgotten after the retention and never before, and its repeat is answered or executed',
  reset: async (owner) => {
    await emptyLog(owner);
    await owner.query(
      `INSERT INTO kernel.idempotency (tenant, principal, operation, key, fingerprint, kind, command_id, outcome, body, created_at)
       VALUES ('default', $1, 'POST /counters', $2, 'f', 'client', gen_random_uuid(), 'result', '"long ago"',
               clock_timestamp() - interval '8 days')`,
      [new MessageContext({}).principal.id, KEY],
    );
  },
  actors: () => [
    { name: 'late repeat', run: request('late repeat', 'any') },
    { name: 'new request', run: request('new', 'any', 'k2') },
    { name: 'retention', run: async () => void (await forgetOldKeys(toy.pools.worker, RETENTION_DAYS, 100)) },
  ],
  violations: async (owner, { ends }) => {
    const { rows } = await owner.query<{ key: string }>('SELECT key FROM kernel.idempotency');
    const keys = rows.map(({ key }) => key);
    const [repeat, fresh] = ends;
    const effects = await countOf(owner, STREAM);
    const executed = [repeat, fresh].filter((end) => end?.kind === 'returned' && end.value !== 'long ago').length;
    return [
      ...errorsIn(ends),
      ...(effects < executed || (fresh?.kind === 'returned' && !keys.includes('k2'))
        ? ['an answer was forgotten']
        : []),
      ...(repeat?.kind === 'returned' && repeat.value === 'long ago' && effects > 1 ? ['a repeat took effect'] : []),
    ];
  },
  short: { preemptions: 1, crashes: 0, lostAnswers: 0 },
  whole: { preemptions: 3, crashes: 1, lostAnswers: 0 },
  faults: [forgetsEverything],
};

testProtocol({
  name: 'commit against commit on one key, lost answers, retention',
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
  tests: [sameKey, lostAnswer, retention],
});
