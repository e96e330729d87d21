import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { ClientBase } from 'pg';
import { On } from '#kernel/domain';
import { readLog } from '../../src/kernel/event-log/sql/read-log.js';
import type { LogTail } from '../../src/kernel/event-log/log-tail.js';
import { EventRegistry } from '../../src/kernel/messages/event-registry.js';
import { Projection } from '../../src/kernel/projections/projection.decorator.js';
import { SubscriptionProgress } from '../../src/kernel/subscriptions/subscription-progress.js';
import { isFenced, isSuperseded } from '../../src/kernel/subscriptions/faults.js';
import { runOf } from '../../src/kernel/subscriptions/run-of.js';
import { keepLeases, releaseLeases, type LeaseRow } from '../../src/kernel/subscriptions/sql/leases.js';
import { SubscriptionCatalog } from '../../src/kernel/subscriptions/subscription-catalog.js';
import { SubscriptionWorker } from '../../src/kernel/subscriptions/subscription-worker.js';
import type { Subscriber } from '../../src/kernel/subscriptions/subscriber.js';
import type { ToyApp } from '../support/toy-app.js';
import { Counted } from '../support/toys.js';
import { emptyLog, givenEvents } from './log-rows.js';
import type { ActorWork } from './schedule.js';

export const VIEW = 'toy.takings';
export const TABLE = `CREATE TABLE toy_read.takings
  (counter_id text PRIMARY KEY, seen int[] NOT NULL, version int NOT NULL, position bigint NOT NULL);`;

const LEASE_MS = 3_600_000;

/** What each counter's events have added, in the order in which they took effect. */
@Entity({ schema: 'toy_read', name: 'takings' })
export class TakingsView {
  @PrimaryColumn('text') counterId!: string;
  @Column('int', { array: true }) seen!: number[];
  @Column('int') version!: number;
  @Column('bigint') position!: number;
}

/** Refused while it is set. */
export const refused = { by: undefined as number | undefined };

@Projection({ name: VIEW, version: 1, mode: 'async', view: TakingsView, partitions: 2 })
export class TakingsProjection {
  @On(Counted)
  counted(row: TakingsView | undefined, { counterId, by }: Counted): Partial<TakingsView> {
    if (by === refused.by) throw new Error(`${by} is refused.`);
    return { counterId, seen: [...(row?.seen ?? []), by] };
  }
}

/** The next release's version: what it adds can't be mistaken for what the old one adds. */
@Projection({ name: VIEW, version: 2, mode: 'async', view: TakingsView, partitions: 2 })
export class NextTakingsProjection {
  @On(Counted)
  counted(row: TakingsView | undefined, { counterId, by }: Counted): Partial<TakingsView> {
    return { counterId, seen: [...(row?.seen ?? []), by * NEXT_FACTOR] };
  }
}

export const NEXT_FACTOR = 1_000;

/** A view that workers of several replicas follow. */
export class FollowedView {
  /** Of the holder, after the latest reset. */
  #leases: readonly LeaseRow[] = [];

  constructor(
    private readonly toy: ToyApp,
    private readonly events: readonly Counted[],
  ) {}

  /** The same view as another release sees it. */
  by(release: ToyApp): FollowedView {
    return new FollowedView(release, this.events);
  }

  get #subscriber(): Subscriber {
    return this.toy.get(SubscriptionCatalog).declared()[0]!;
  }

  /** The events in the log, nothing in the view, and so many partitions, which the replica holds. */
  async reset(
    owner: ClientBase,
    given: { readonly partitions: number; readonly holder: string; readonly position?: number },
  ): Promise<void> {
    refused.by = undefined;
    await emptyLog(owner);
    await owner.query('DELETE FROM kernel.failed_events; DELETE FROM kernel.replicas; DELETE FROM kernel.audit');
    const events = this.events.map((data) => ({ stream: `toy.counter:${data.counterId}`, name: 'toy.counted', data }));
    await givenEvents(owner, events, { isSequenced: true });
    await owner.query('DELETE FROM toy_read.takings; DELETE FROM kernel.checkpoints');
    await owner.query(
      `UPDATE kernel.subscriptions SET partitions = $2, status = 'running', version = 1, rebuild_to = NULL WHERE name = $1`,
      [VIEW, given.partitions],
    );
    await unpaused(owner);
    await owner.query('DELETE FROM kernel.former_checkpoints');
    await owner.query(
      `INSERT INTO kernel.checkpoints (subscription, partition, position, event_id)
       SELECT $1, g.partition, $3, (SELECT e.event_id FROM kernel.log l JOIN kernel.events e ON e.id = l.event_id WHERE l.position = $3)
         FROM generate_series(0, $2 - 1) AS g (partition)`,
      [VIEW, given.partitions, given.position ?? 0],
    );
    this.#leases = await this.leaseTo(owner, given.holder);
    await owner.query('DELETE FROM kernel.replicas');
  }

  /** All partitions are this replica's, whoever had them. */
  async leaseTo(owner: ClientBase, replica: string): Promise<LeaseRow[]> {
    await owner.query('DELETE FROM kernel.leases; DELETE FROM kernel.replicas');
    return this.#keep(owner, replica);
  }

  #keep(on: Parameters<typeof keepLeases>[0], replica: string): Promise<LeaseRow[]> {
    const runs = [runOf(this.#subscriber)];
    return keepLeases(on, { replica, runs, knows: runs, leaseMs: LEASE_MS });
  }

  /** A replica that asks for its leases, and works so many turns; a lost fence ends a turn, as in its loop. */
  replica(name: string, turns: number): ActorWork {
    return this.#working(name, turns, () => this.#keep(this.toy.pools.control, name));
  }

  /** One that has its leases, and that nobody sees: it was paused for longer than its lease. */
  unseen(name: string, turns: number): ActorWork {
    return this.#working(name, turns, async () => this.#leases);
  }

  #working(name: string, turns: number, leases: () => Promise<readonly LeaseRow[]>): ActorWork {
    const run = async (): Promise<void> => {
      const worker = this.#worker(name);
      worker.lease(await leases());
      for (let left = turns; left > 0; left -= 1) await turnOf(worker);
      await worker.stop();
    };
    return { name: `replica ${name}`, run };
  }

  /** Another replica's leases are given up although it is at work, as when its time to stop is over; this one takes them. */
  successor(name: string, turns: number, former: string): ActorWork {
    const { run } = this.replica(name, turns);
    const after = async (): Promise<void> => {
      await releaseLeases(this.toy.pools.control, former);
      await run();
    };
    return { name: `successor ${name}`, run: after };
  }

  /** Everything that is left takes effect. @returns what each counter has seen. */
  async drained(owner: ClientBase): Promise<Readonly<Record<string, readonly number[]>>> {
    refused.by = undefined;
    await unpaused(owner);
    const worker = this.#worker('last');
    worker.lease(await this.leaseTo(owner, 'last'));
    for (let turns = 0; turns < MOST_TURNS && (await this.#goesOn(owner, worker)); turns += 1);
    const { rows } = await owner.query<TakingsView>('SELECT counter_id AS "counterId", seen FROM toy_read.takings');
    return Object.fromEntries(rows.map(({ counterId, seen }) => [counterId, seen]));
  }

  async #goesOn(owner: ClientBase, worker: SubscriptionWorker): Promise<boolean> {
    const failed = await owner.query(
      `UPDATE kernel.failed_events SET next_try_at = clock_timestamp() WHERE state = 'retrying' RETURNING 1`,
    );
    return (await worker.turn()) || failed.rowCount! > 0;
  }

  #worker(replica: string): SubscriptionWorker {
    const { pools } = this.toy;
    const progress = new SubscriptionProgress(pools);
    return new SubscriptionWorker(this.#subscriber, {
      pools,
      tail: this.#tail(),
      registry: this.toy.get(EventRegistry),
      progress,
      replica,
    });
  }

  /** The log stands still: nobody writes. */
  #tail(): LogTail {
    const { pools } = this.toy;
    const tail: Pick<LogTail, 'head' | 'read'> = {
      head: this.events.length,
      read: (after, to, names) => readLog(pools.worker, { after, to, names }),
    };
    return tail as LogTail;
  }
}

const MOST_TURNS = 20;

/** An operator may have crashed before resuming it. */
export function unpaused(owner: ClientBase): Promise<unknown> {
  return owner.query('UPDATE kernel.subscriptions SET paused_at = NULL, paused_by = NULL, pause_reason = NULL');
}

/** As the worker's loop: what it knew is forgotten where another owner has raised the fence. */
async function turnOf(worker: SubscriptionWorker): Promise<void> {
  try {
    await worker.turn();
  } catch (error) {
    if (!isFenced(error) && !isSuperseded(error)) throw error;
    worker.lose();
  }
}
