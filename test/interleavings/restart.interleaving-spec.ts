import { EventsHandler, type IEventHandler } from '@nestjs/cqrs';
import type { ClientBase } from 'pg';
import type { LogTail } from '../../src/kernel/event-log/log-tail.js';
import { readLog } from '../../src/kernel/event-log/sql/read-log.js';
import { sequence } from '../../src/kernel/event-log/sql/sequence.js';
import { EventRegistry } from '../../src/kernel/messages/event-registry.js';
import { SubscriptionProgress } from '../../src/kernel/subscriptions/subscription-progress.js';
import { isFenced } from '../../src/kernel/subscriptions/faults.js';
import { SubscriptionRestart } from '../../src/kernel/subscriptions/restart.js';
import { runOf } from '../../src/kernel/subscriptions/run-of.js';
import { keepLeases } from '../../src/kernel/subscriptions/sql/leases.js';
import { SubscriptionCatalog } from '../../src/kernel/subscriptions/subscription-catalog.js';
import { SubscriptionWorker } from '../../src/kernel/subscriptions/subscription-worker.js';
import { Subscription } from '../../src/kernel/subscriptions/subscription.decorator.js';
import { repartition } from '../support/repartition.js';
import { createToyTables, ToyApp } from '../support/toy-app.js';
import { Cleared, Counters, streamOf } from '../support/toys.js';
import { unpaused } from './followed-view.js';
import { emptyLog, givenEvents } from './log-rows.js';
import { without } from './planted-fault.js';
import { testProtocol, type ProtocolTest } from './protocol-tests.js';
import type { ActorWork, ScheduleEnd } from './schedule.js';

const NAME = 'toy.recorder';
const LEASE_MS = 3_600_000;
const ada = { by: { id: 'ada' } };

/** Counts each cleared counter, in the transaction that moves the checkpoint. */
@EventsHandler(Cleared)
@Subscription(NAME, { startFrom: 'beginning', partitions: 1 })
class RecordWhenCleared implements IEventHandler<Cleared> {
  constructor(private readonly counters: Counters) {}

  async handle({ counterId }: Cleared): Promise<void> {
    const record = await this.counters.findOrNew('record');
    record.count(1, counterId);
    await this.counters.save(record);
  }
}

let toy: ToyApp;
/** Of the log, as the worker knows it. */
let head = 0;

async function reset(owner: ClientBase): Promise<void> {
  await emptyLog(owner);
  await owner.query('DELETE FROM kernel.failed_events; DELETE FROM kernel.audit; DELETE FROM kernel.checkpoints');
  await clearedInLog(owner, 'before');
  head = 1;
  await owner.query(`UPDATE kernel.subscriptions SET partitions = 1, status = 'running'`);
  await unpaused(owner);
  await owner.query('DELETE FROM kernel.former_checkpoints');
  await owner.query(
    `INSERT INTO kernel.checkpoints (subscription, partition, position, event_id)
     SELECT $1, 0, l.position, e.event_id FROM kernel.log l JOIN kernel.events e ON e.id = l.event_id`,
    [NAME],
  );
  await owner.query('DELETE FROM kernel.leases; DELETE FROM kernel.replicas');
}

async function clearedInLog(owner: ClientBase, counterId: string): Promise<void> {
  const event = { stream: streamOf(counterId), name: 'toy.cleared', data: { counterId } };
  await givenEvents(owner, [event], { isSequenced: true });
}

async function workerOf(replica: string, on: Parameters<typeof keepLeases>[0]): Promise<SubscriptionWorker> {
  const { pools } = toy;
  const subscriber = toy.get(SubscriptionCatalog).declared()[0]!;
  const tail: Pick<LogTail, 'head' | 'read'> = {
    get head() {
      return head;
    },
    read: (after, to, names) => readLog(pools.worker, { after, to, names }),
  };
  const worker = new SubscriptionWorker(subscriber, {
    pools,
    tail: tail as LogTail,
    registry: toy.get(EventRegistry),
    progress: new SubscriptionProgress(pools),
    replica,
  });
  const runs = [runOf(subscriber)];
  worker.lease(await keepLeases(on, { replica, runs, knows: runs, leaseMs: LEASE_MS }));
  return worker;
}

/** Takes the partitions over, clears a counter, and handles the event if the restart has not passed it. */
async function clearAndHandle(): Promise<void> {
  const worker = await workerOf('x', toy.pools.control);
  await worker.turn();
  await toy.inCommand(async () => {
    const counter = await toy.get(Counters).findOrNew('meanwhile');
    counter.clear();
    await toy.get(Counters).save(counter);
  });
  ({ head } = await sequence(toy.pools.worker, 100));
  await turnOf(worker);
}

/** The restart has raised the fence: what was read before counts no more. */
async function turnOf(worker: SubscriptionWorker): Promise<void> {
  try {
    await worker.turn();
  } catch (error) {
    if (!isFenced(error)) throw error;
  }
}

const clearing: ActorWork = { name: 'client and replica', run: clearAndHandle };
const restart: ActorWork = { name: 'restart', run: () => toy.get(SubscriptionRestart).restart(NAME, 'now', ada) };
const split: ActorWork = { name: 'repartition', run: () => repartition(toy, { name: NAME, partitions: 2 }) };

/** What was handled, in order, after everything that is left has been. */
async function drained(owner: ClientBase): Promise<string[]> {
  await unpaused(owner);
  await owner.query('DELETE FROM kernel.leases; DELETE FROM kernel.replicas');
  ({ head } = await sequence(owner, 100));
  const worker = await workerOf('last', owner);
  for (let turns = 0; turns < MOST_TURNS && (await worker.turn()); turns += 1);
  const { rows } = await owner.query<{ handled: string }>(
    `SELECT data->>'kind' AS handled FROM kernel.events WHERE stream_id = $1 ORDER BY version`,
    [streamOf('record')],
  );
  return rows.map(({ handled }) => handled);
}

const MOST_TURNS = 10;

/** `before` counts as handled; `meanwhile` may come before the restart; `after` comes behind it. */
async function violations(owner: ClientBase, { ends }: ScheduleEnd): Promise<readonly string[]> {
  await clearedInLog(owner, 'after');
  const found = (await drained(owner)).join();
  return [
    ...ends.flatMap((end) => (end.kind === 'threw' ? [String(end.error.stack)] : [])),
    ...(['after', 'meanwhile,after'].includes(found) ? [] : [`it has handled ${found}`]),
  ];
}

const restartedInSplit: ProtocolTest = {
  title: 'a handler that is restarted from now on while it is split handles no event twice, and what comes later once',
  reset,
  actors: () => [split, restart, clearing],
  violations,
  short: { preemptions: 0, crashes: 0, lostAnswers: 0 },
  // With more switches a schedule can't be repeated: whether the client's next statement is there already depends on time.
  whole: { preemptions: 0, crashes: 0, lostAnswers: 0 },
  faults: [
    {
      title: 'a lock that is content with the rows of before a repartition',
      shownBy: 'AAAAAAAAAAAAAAAAAAAAABBAAAAAAACCCCBBCCCCCCBBBBBBBBB',
      isTooDeepToSearch: true,
      function: 'kernel.lock_checkpoints',
      change: without(
        'EXIT WHEN v_locked = (SELECT count(*) FROM kernel.checkpoints c WHERE c.subscription = p_name);',
        'EXIT;',
      ),
    },
  ],
};

testProtocol({
  name: 'restart against repartition and workers',
  specUrl: import.meta.url,
  start: async ({ db, paused }) => {
    await createToyTables(db);
    toy = await ToyApp.start(db, {
      pools: paused.pools,
      parts: { providers: [Counters, RecordWhenCleared] },
      kernel: { runSubscriptions: false },
    });
  },
  stop: () => toy.close(),
  tests: [restartedInSplit],
});
