import { Injectable, type Type } from '@nestjs/common';
import { EventsHandler, type IEventHandler } from '@nestjs/cqrs';
import { TcpProxy } from '../../../test/support/tcp-proxy.js';
import { createToyTables, poolsOf, ToyApp } from '../../../test/support/toy-app.js';
import { Cleared, Counted, Filled, Noticed } from '../../../test/support/toys.js';
import { EventStreams } from '../commands/event-streams.js';
import type { Pools } from '../database/pools.js';
import { withOwner } from '../../platform/database/prepare.js';
import { freshDatabase, type FreshDatabase } from '../../platform/testing/databases.js';
import { eventually } from '../testing/eventually.js';
import { until } from '../testing/until.js';
import { SubscriptionEngine } from './subscription-engine.js';
import { Subscription } from './subscription.decorator.js';

@Injectable()
abstract class Watch implements IEventHandler<Counted | Cleared | Filled> {
  constructor(private readonly streams: EventStreams) {}

  handle(event: Counted | Cleared | Filled): void {
    const id = event instanceof Filled ? event.boxId : event.counterId;
    this.streams.append({ stream: 'toy.noted:all', events: [new Noticed(id)] });
  }
}
@EventsHandler(Counted, Cleared)
@Subscription('toy.watch', { startFrom: 'beginning', partitions: 2 })
class WatchCleared extends Watch {}
@EventsHandler(Counted, Filled)
@Subscription('toy.watch', { startFrom: 'beginning', partitions: 2 })
class WatchFilled extends Watch {}
@EventsHandler(Counted)
@Subscription('toy.watch', { startFrom: 'beginning', partitions: 2 })
class WatchCounted extends Watch {}

const CLEARED = 'toy.cleared,toy.counted';
const FILLED = 'toy.counted,toy.filled';
const COUNTED = 'toy.counted';

let db: FreshDatabase;
let apps: ToyApp[];
let proxies: TcpProxy[];

beforeEach(async () => {
  db = await freshDatabase(import.meta.url);
  await createToyTables(db);
  [apps, proxies] = [[], []];
});
afterEach(async () => {
  for (const app of apps) await app.close();
  for (const proxy of proxies) await proxy.close();
  await db.drop();
});

async function start(handler: Type<object>, leaseMs: number, pools?: Pools): Promise<ToyApp> {
  const app = await ToyApp.start(db, {
    parts: { providers: [handler] },
    kernel: { leaseMs },
    ...(pools === undefined ? {} : { pools }),
  });
  apps.push(app);
  return app;
}

async function stop(app: ToyApp): Promise<void> {
  apps = apps.filter((other) => other !== app);
  await app.close();
}

async function rows<R extends object>(text: string, ...values: unknown[]): Promise<R[]> {
  return (await db.pools.worker.query<R>({ text, values })).rows;
}
const registered = async (): Promise<string> =>
  (await rows<{ registered: string[] }>('SELECT registered FROM kernel.subscriptions'))[0]!.registered.join();
const seenAt = async (app: ToyApp): Promise<string | undefined> =>
  (
    await rows<{ at: string }>(
      'SELECT seen_at::text AS at FROM kernel.replicas WHERE replica = $1',
      app.get(SubscriptionEngine).replica,
    )
  )[0]?.at;
const noticed = async (): Promise<string[]> =>
  (
    await rows<{ what: string }>(`SELECT data->>'what' AS what FROM kernel.events WHERE stream_id = 'toy.noted:all'`)
  ).map(({ what }) => what);

/** Waits until an application has renewed so often; `between` runs before each of them. */
async function renewals(app: ToyApp, times: number, between: () => Promise<void> = async () => undefined) {
  for (let n = 0; n < times; n += 1) {
    await between();
    const before = await seenAt(app);
    await until('it has renewed', async () => ![before, undefined].includes(await seenAt(app)));
  }
}

async function fill(app: ToyApp, boxId: string): Promise<void> {
  const streams = app.get(EventStreams);
  await app.inCommand(() => streams.append({ stream: `toy.box:${boxId}`, events: [new Filled(boxId, 1)] }));
}

describe('a subscription for which two releases register events of which neither contains the other’s', () => {
  it('stays with the release that started later until no process of it lives, and loses no event', async () => {
    const older = await start(WatchCleared, 600);
    const newer = await start(WatchFilled, 600);
    let filled = 0;
    await renewals(older, 6, async () => {
      filled += 1;
      await fill(newer, String(filled));
      expect(await registered()).toBe(FILLED);
    });
    await eventually(async () => expect(await noticed()).toHaveLength(filled));
    // Nest gives the warnings of all applications of a process to the one that was built last.
    expect(newer.said.filter((text) => text.includes('is run by another release'))).toHaveLength(1);
    await stop(newer);
    await eventually(async () => expect(await registered()).toBe(CLEARED));
  });

  /** A start that isn't renewed yet counts for one lease: two renewals of the other release fit into that. */
  const SLOW_MS = 1_500;

  it('is not taken back between the start of the later release and its first renewal', async () => {
    const older = await start(WatchCleared, SLOW_MS);
    // Longer than a lease: a process that began or came back within one takes nobody for gone.
    await renewals(older, 4);
    const pools = poolsOf(db);
    const query = pools.control.query.bind(pools.control) as (...args: unknown[]) => Promise<unknown>;
    let renewedBefore = false;
    const afterTheOlder = async (...args: unknown[]): Promise<unknown> => {
      if (!renewedBefore && JSON.stringify(args[0]).includes('keep_leases')) {
        renewedBefore = true;
        // The first of them may have looked at the registered events before this start registered its own.
        await renewals(older, 2);
      }
      return query(...args);
    };
    Object.assign(pools.control, { query: afterTheOlder });
    await start(WatchFilled, SLOW_MS, pools);
    await renewals(older, 2);
    expect(await registered()).toBe(FILLED);
  });
});

describe('a subscription whose registered events are a part of those of a live release', () => {
  it('is taken over by that release at its next renewal, while the other one lives', async () => {
    const [smaller, larger] = [await start(WatchCounted, 600), await start(WatchFilled, 600)];
    await withOwner(db.url, (client) => client.query(`UPDATE kernel.subscriptions SET registered = '{${COUNTED}}'`));
    await renewals(larger, 2);
    await renewals(smaller, 2, async () => expect(await registered()).toBe(FILLED));
  });
});

describe('a subscription whose releases were both cut off from the database for longer than a lease', () => {
  it('stays with the registered release though the other one reconnects first, until that release is gone', async () => {
    const leaseMs = 1_800;
    const [older, newer] = [await through(WatchCounted, leaseMs), await through(WatchFilled, leaseMs)];
    for (const { proxy } of [older, newer]) {
      proxy.refuseNew();
      proxy.cut();
    }
    await until('both look dead', async () => {
      const [{ live } = { live: 1 }] = await rows<{ live: number }>(
        `SELECT count(*)::int AS live FROM kernel.replicas WHERE seen_at > clock_timestamp() - $1 * interval '1 millisecond'`,
        leaseMs,
      );
      return live === 0;
    });
    for (const { app, proxy } of [older, newer]) {
      await renewals(app, 1, async () => proxy.refuseNew(false));
      expect(await registered()).toBe(FILLED);
    }
    await renewals(older.app, 5, async () => expect(await registered()).toBe(FILLED));
    await fill(newer.app, 'later');
    await eventually(async () => expect(await noticed()).toEqual(['later']));
    await stop(newer.app);
    await eventually(async () => expect(await registered()).toBe(COUNTED));
  });
});

async function through(handler: Type<object>, leaseMs: number): Promise<{ app: ToyApp; proxy: TcpProxy }> {
  const { hostname: host, port } = new URL(db.url);
  const proxy = await TcpProxy.to({ host, port: Number(port) });
  proxies.push(proxy);
  const logins = Object.fromEntries(
    Object.entries(db.logins).map(([kind, login]) => [kind, { ...login, url: proxy.through(login.url) }]),
  );
  return { app: await start(handler, leaseMs, poolsOf(db, {}, logins)), proxy };
}
