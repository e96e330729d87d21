import { EventsHandler, type IEventHandler } from '@nestjs/cqrs';
import type { Pool } from 'pg';
import { CountCommand, CountHandler, Counted, Counters, Noticed } from '../../../test/support/toys.js';
import { createToyTables, ToyApp, type ToyParts } from '../../../test/support/toy-app.js';
import { EventStreams } from '../commands/event-streams.js';
import { LogNotifier } from '../event-log/log-notifier.js';
import { newId } from '../messages/ids.js';
import { freshDatabase, type FreshDatabase } from '../../platform/testing/databases.js';
import { until } from '../testing/until.js';
import { SubscriptionPause } from './subscription-pause.js';
import { Subscription } from './subscription.decorator.js';

const NAME = 'toy.work';
/** No renewal comes by itself while the test lasts. */
const LEASE_MS = 120_000;
const act = { by: { id: 'ada' }, reason: 'a change' };

@EventsHandler(Counted)
@Subscription(NAME, { startFrom: 'beginning', partitions: 2 })
class Work implements IEventHandler<Counted> {
  constructor(private readonly streams: EventStreams) {}

  handle({ counterId, by }: Counted): void {
    this.streams.append({ stream: `toy.work:${counterId}`, events: [new Noticed(String(by))] });
  }
}

const parts: ToyParts = { providers: [Counters, CountHandler, Work] };
let db: FreshDatabase;
let toy: ToyApp;

beforeAll(async () => {
  db = await freshDatabase(import.meta.url);
  await createToyTables(db);
  toy = await ToyApp.start(db, { parts, kernel: { leaseMs: LEASE_MS } });
});
afterAll(async () => {
  await toy.close();
  await db.drop();
});

const isHandled = async (id: string): Promise<boolean> => (await toy.events(`toy.work:${id}`)).length === 1;
const counted = async (): Promise<string> => {
  const id = newId();
  await toy.run(new CountCommand(id, 1));
  return id;
};

interface Statement {
  readonly name?: string;
  readonly text: string;
  readonly values: unknown[];
}

/** Lets the next statement that keeps leases commit later, as on a slow disk. */
function delayLeases(): { readonly isRead: () => boolean; readonly commit: () => void } {
  const { control } = toy.pools;
  const query = control.query.bind(control) as (statement: Statement) => Promise<unknown>;
  let isRead = false;
  let commit = (): void => undefined;
  const gate = new Promise<void>((resolve) => (commit = resolve));
  const delayed = async (statement: Statement): Promise<unknown> => {
    if (statement.name !== 'kernel_keep_leases') return query(statement);
    Object.assign(control, { query });
    const client = await control.connect();
    await client.query('BEGIN');
    const result = await client.query({ text: statement.text, values: statement.values });
    isRead = true;
    await gate;
    await client.query('COMMIT');
    client.release();
    return result;
  };
  Object.assign(control, { query: delayed });
  return { isRead: () => isRead, commit };
}

/** How many statements of a name have ended from here on. */
function countEnds(pool: Pool, name: string): () => number {
  const query = pool.query.bind(pool) as (...args: unknown[]) => Promise<unknown>;
  let count = 0;
  const counting = async (...args: unknown[]): Promise<unknown> => {
    const result = await query(...args);
    if ((args[0] as Statement).name === name) count += 1;
    return result;
  };
  Object.assign(pool, { query: counting });
  return () => count;
}

it('leases that commit just after a pause, and are there when it ends, are worked on', async () => {
  const first = await counted();
  await until('the first event is handled', () => isHandled(first));
  // Notices reach this process only where the test sends them on: its connection for LISTEN is being renewed.
  const notifier = toy.get(LogNotifier);
  const sendOn = notifier.onLeasesChanged!;
  notifier.onLeasesChanged = undefined;
  const pauses = toy.get(SubscriptionPause);
  const renewals = countEnds(toy.pools.control, 'kernel_keep_leases');
  await pauses.pause(NAME, act);
  sendOn();
  await until('it has seen the pause', () => renewals() > 0);

  const leases = delayLeases();
  await pauses.resume(NAME, act);
  sendOn();
  await until('its new leases are read', leases.isRead);
  await pauses.pause(NAME, act);
  const takeOvers = countEnds(toy.pools.worker, 'kernel_take_over');
  leases.commit();
  await until('its worker has asked for them in vain', () => takeOvers() > 0);
  await pauses.resume(NAME, act);
  sendOn();
  const second = await counted();
  await until('the next event is handled', () => isHandled(second));
  expect(await toy.events(`toy.work:${second}`)).toHaveLength(1);
});
