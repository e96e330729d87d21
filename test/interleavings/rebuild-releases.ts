import { On } from '#kernel/domain';
import type { Pools } from '../../src/kernel/database/pools.js';
import { ProjectionRebuild } from '../../src/kernel/projections/projection-rebuild.js';
import { Projection } from '../../src/kernel/projections/projection.decorator.js';
import type { FreshDatabase } from '../../src/platform/testing/databases.js';
import { ToyApp, type ToyParts } from '../support/toy-app.js';
import { Counted, CounterProjection, Counters, CounterView, CountHandler, Cleared } from '../support/toys.js';

/** What the next release adds to a row for each count: rows of the two releases can't be mistaken for each other. */
export const NEXT_FACTOR = 1_000;

@Projection({ name: 'toy.counters', version: 2, mode: 'inline', stream: 'toy.counter', view: CounterView })
class NextCounterProjection {
  @On(Counted)
  counted(row: CounterView | undefined, { counterId, by }: Counted): Partial<CounterView> {
    return { counterId, total: (row?.total ?? 0) + by * NEXT_FACTOR };
  }

  @On(Cleared)
  cleared(): undefined {
    return undefined;
  }
}

/** Longer than an exploration: no process says in the middle of a schedule that it lives. */
const LEASE_MS = 24 * 60 * 60 * 1_000;

/** Processes of several releases on one database. None of them runs subscriptions. */
export interface Releases {
  /** Writes the view by version 1, which it is registered with first. */
  readonly old: ToyApp;
  /** Writes it by version 2. */
  readonly next: ToyApp;
  /** Doesn't know the view. */
  readonly without: ToyApp;
}

export async function startReleases(db: FreshDatabase, pools: Pools): Promise<Releases> {
  const kernel = { runSubscriptions: false, toleratesOutdatedViews: true, leaseMs: LEASE_MS };
  const start = (...providers: NonNullable<ToyParts['providers']>): Promise<ToyApp> => {
    const parts = { entities: [CounterView], providers: [Counters, CountHandler, ...providers] };
    return ToyApp.start(db, { pools, kernel, parts });
  };
  return {
    old: await start(CounterProjection),
    next: await start(NextCounterProjection),
    without: await start(),
  };
}

export async function stopReleases({ old, next, without }: Releases): Promise<void> {
  for (const app of [old, next, without]) await app.close();
}

/** As the command line does it. */
export async function rebuildBy(app: ToyApp): Promise<void> {
  await app.get(ProjectionRebuild).rebuild('toy.counters');
}
