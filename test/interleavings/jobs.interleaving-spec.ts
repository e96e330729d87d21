import { CommandBus, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { ClientBase } from 'pg';
import { DurableCommand } from '#kernel/domain';
import { EventStreams } from '../../src/kernel/commands/event-streams.js';
import { EffectHandler, type Effect, type IEffectHandler } from '../../src/kernel/effects/effect-handler.decorator.js';
import { EffectQueue } from '../../src/kernel/effects/effect-queue.js';
import { EffectRegistry } from '../../src/kernel/effects/effect-registry.js';
import { CommitSignal } from '../../src/kernel/event-log/commit-signal.js';
import { OutgoingCommands } from '../../src/kernel/outgoing/outgoing-commands.js';
import { OutgoingWorker } from '../../src/kernel/outgoing/outgoing-worker.js';
import { createToyTables, ToyApp } from '../support/toy-app.js';
import { Counted } from '../support/toys.js';
import { emptyLog } from './log-rows.js';
import { testProtocol, type ProtocolTest } from './protocol-tests.js';
import type { ActorWork, ScheduleEnd } from './schedule.js';

/** How often each command was executed and each call made in the schedule under way. */
let executions: string[] = [];
let calls: string[] = [];

@DurableCommand('toy.count-later')
class CountLaterCommand {
  constructor(readonly name: string) {}
}

@CommandHandler(CountLaterCommand)
class CountLaterHandler implements ICommandHandler<CountLaterCommand> {
  constructor(private readonly streams: EventStreams) {}

  async execute({ name }: CountLaterCommand): Promise<void> {
    executions.push(name);
    this.streams.append({ stream: 'toy.counter:one', events: [new Counted(name, 1)] });
  }
}

@EffectHandler('toy.call', { concurrency: 1, maxTries: 3, retryFirstMs: 0 })
class CallNeighbour implements IEffectHandler {
  async handle({ key, attempt }: Effect): Promise<unknown> {
    calls.push(`${key} ${attempt}`);
    return { attempt };
  }
}

let toy: ToyApp;

const FIRST = '00000000-0000-7000-8000-00000000000a';
const SECOND = '00000000-0000-7000-8000-00000000000b';
const CONTEXT = {
  tenant: 'default',
  principal: { id: 'p', roles: [] },
  actor: { type: 'system', id: 'p' },
  correlationId: FIRST,
  causationId: null,
  causationDepth: 1,
};

/** Two commands of one instance, which are to be executed in this order, and one effect. */
async function reset(owner: ClientBase): Promise<void> {
  executions = [];
  calls = [];
  await emptyLog(owner);
  await owner.query('DELETE FROM kernel.outgoing_commands; DELETE FROM kernel.effects');
  for (const id of [FIRST, SECOND])
    await owner.query(
      `INSERT INTO kernel.outgoing_commands (id, instance, name, data, context, due_at)
       VALUES ($1::uuid, 'one', 'toy.count-later', jsonb_build_object('name', $1::text), $2, clock_timestamp())`,
      [id, CONTEXT],
    );
  await owner.query(
    `INSERT INTO kernel.effects (tenant, kind, key, body, body_hash, context)
     VALUES ('default', 'toy.call', 'k', '{}', '', jsonb_build_object('correlationId', $1::text, 'causationId', $1::text))`,
    [FIRST],
  );
}

/** The worker's own loop, ended after each turn. */
function commandWorker(name: string, turns: number): ActorWork {
  const run = async (): Promise<void> => {
    for (let left = turns; left > 0; left -= 1) {
      const worker = new OutgoingWorker(toy.pools, toy.get(CommandBus), toy.get(CommitSignal));
      worker.start();
      await worker.stop();
    }
  };
  return { name, run };
}

function effectWorker(name: string): ActorWork {
  const run = async (): Promise<void> => {
    const lane = new EffectQueue(toy.get(EffectRegistry).all()[0]!, toy.pools);
    lane.start();
    await lane.stop();
  };
  return { name, run };
}

/** Time passes: every claim is over. */
function claimsEnd(): ActorWork {
  const run = async (): Promise<void> => {
    await toy.pools.worker.query(
      `UPDATE kernel.outgoing_commands SET claimed_until = clock_timestamp() WHERE state = 'queued'`,
    );
    await toy.pools.worker.query(`UPDATE kernel.effects SET due_at = clock_timestamp() WHERE state = 'running'`);
  };
  return { name: 'end of the claims', run };
}

async function statesOf(owner: ClientBase): Promise<{ effects: string[]; states: string[] }> {
  const events = await owner.query<{ by: string }>(
    `SELECT data->>'counterId' AS by FROM kernel.events ORDER BY version`,
  );
  const rows = await owner.query<{ state: string }>('SELECT state FROM kernel.outgoing_commands ORDER BY seq');
  return { effects: events.rows.map(({ by }) => by), states: rows.rows.map(({ state }) => state) };
}

const errorsIn = ({ ends }: ScheduleEnd): string[] =>
  ends.flatMap((end) => (end.kind === 'threw' ? [String(end.error)] : []));

async function wrongEffects(owner: ClientBase): Promise<string[]> {
  const { effects, states } = await statesOf(owner);
  const expected = [FIRST, SECOND].filter((_, index) => states[index] === 'succeeded');
  return effects.join() === expected.join() ? [] : [`commands are ${states.join()}, effects ${effects.join()}`];
}

const onceAndInOrder: ProtocolTest = {
  title: 'stored commands of one instance take effect once and in order, also when their claims end too early',
  reset,
  actors: () => [commandWorker('worker', 2), commandWorker('other worker', 2), claimsEnd()],
  violations: async (owner, end) => [...errorsIn(end), ...(await wrongEffects(owner))],
  short: { preemptions: 1, crashes: 0, lostAnswers: 0 },
  whole: { preemptions: 2, crashes: 1, lostAnswers: 0 },
  faults: [
    {
      title: 'a claim that does not look whether the instance has an earlier command',
      shownBy: 'AA2AAABBBBCC',
      function: 'kernel.claim_commands',
      change: (definition) => definition.replace(/AND NOT EXISTS \(SELECT[^]*?'dead-lettered'\)\)/, ''),
    },
    {
      title: 'a stored command that ends apart from its effects',
      statement: [
        /UPDATE kernel\.outgoing_commands o\s+SET state = r\.state/,
        'UPDATE kernel.outgoing_commands o SET state = o.state',
      ],
    },
  ],
};

const claimedOnce: ProtocolTest = {
  title: 'a due command is executed by one worker alone while its claim lasts',
  reset,
  actors: () => [commandWorker('worker', 1), commandWorker('other worker', 1)],
  slowCommits: /kernel\.claim_commands/,
  violations: async (owner, end) => [
    ...errorsIn(end),
    ...(await wrongEffects(owner)),
    ...(new Set(executions).size < executions.length ? ['a command was executed twice'] : []),
  ],
  short: { preemptions: 2, crashes: 1, lostAnswers: 0 },
  whole: { preemptions: Infinity, crashes: 1, lostAnswers: 0 },
  faults: [
    {
      title: 'a claim that neither locks nor looks again',
      shownBy: 'ABAABBBB',
      function: 'kernel.claim_commands',
      change: (definition) => definition.replace(' FOR UPDATE SKIP LOCKED', ''),
    },
  ],
};

const cancelledOrExecuted: ProtocolTest = {
  title: 'a stored command is cancelled or executed while its claim lasts, never both',
  reset,
  actors: () => [commandWorker('worker', 1), { name: 'cancel', run: () => toy.get(OutgoingCommands).cancel(FIRST) }],
  slowCommits: /kernel\.claim_commands|state = 'cancelled'/,
  violations: async (owner, end) => {
    const [, cancelled] = end.ends;
    const isCancelled = cancelled?.kind === 'returned' && cancelled.value === true;
    return [
      ...errorsIn(end),
      ...(isCancelled && executions.includes(FIRST) ? ['it was cancelled and executed'] : []),
      ...(await wrongEffects(owner)),
    ];
  },
  short: { preemptions: 2, crashes: 1, lostAnswers: 0 },
  whole: { preemptions: Infinity, crashes: 1, lostAnswers: 0 },
  faults: [
    {
      title: 'a cancel that does not look at the claim',
      statement: [
        /(SET state = 'cancelled'[^]*?) AND \(claimed_until IS NULL OR claimed_until <= clock_timestamp\(\)\)/,
        '$1',
      ],
    },
  ],
};

const calledOnce: ProtocolTest = {
  title: 'an effect is called by one worker alone while its claim lasts, and its result is recorded',
  reset,
  actors: () => [effectWorker('worker'), effectWorker('other worker')],
  slowCommits: /UPDATE kernel\.effects/,
  violations: async (owner, end) => {
    const { rows } = await owner.query<{ state: string }>('SELECT state FROM kernel.effects');
    const isCrashed = end.ends.some(({ kind }) => kind === 'crashed');
    return [
      ...errorsIn(end),
      ...(calls.length > 1 ? [`called ${calls.length} times`] : []),
      ...(rows[0]?.state === 'done' || isCrashed ? [] : [`nobody crashed, and it is ${rows[0]?.state}`]),
    ];
  },
  short: { preemptions: 2, crashes: 0, lostAnswers: 0 },
  whole: { preemptions: Infinity, crashes: 1, lostAnswers: 0 },
  faults: [
    {
      title: 'a claim of effects that neither locks nor looks again',
      shownBy: 'ABAABBAB',
      statement: [/ORDER BY d\.due_at LIMIT \$2 FOR UPDATE SKIP LOCKED/, 'ORDER BY d.due_at LIMIT $2'],
    },
  ],
};

const notAgain: ProtocolTest = {
  title: 'an effect whose claim has ended is called again under another number, and once done it stays done',
  reset,
  actors: () => [effectWorker('worker'), claimsEnd(), effectWorker('other worker')],
  violations: async (owner, end) => {
    const { rows } = await owner.query<{ state: string }>('SELECT state FROM kernel.effects');
    return [
      ...errorsIn(end),
      ...(new Set(calls).size < calls.length ? [`called as ${calls.join()}`] : []),
      ...(end.ends.every(({ kind }) => kind === 'returned') && rows[0]?.state !== 'done'
        ? [`it is ${rows[0]?.state}`]
        : []),
    ];
  },
  short: { preemptions: 1, crashes: 0, lostAnswers: 0 },
  whole: { preemptions: Infinity, crashes: 1, lostAnswers: 0 },
  faults: [
    {
      title: 'a claim of effects that does not count the tries',
      statement: ['attempts = least(e.attempts + 1, $3)', 'attempts = greatest(1, least(e.attempts, $3))'],
    },
  ],
};

testProtocol({
  name: 'claim, complete and cancel of stored commands and effects',
  specUrl: import.meta.url,
  start: async ({ db, paused }) => {
    await createToyTables(db);
    toy = await ToyApp.start(db, {
      pools: paused.pools,
      parts: { providers: [CountLaterHandler, CallNeighbour] },
      kernel: { runSubscriptions: false },
    });
  },
  stop: () => toy.close(),
  tests: [onceAndInOrder, claimedOnce, cancelledOrExecuted, calledOnce, notAgain],
});
