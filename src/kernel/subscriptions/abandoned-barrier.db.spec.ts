import { EventsHandler, type IEventHandler } from '@nestjs/cqrs';
import type { Client } from 'pg';
import {
  CountCommand,
  Counted,
  CounterSearchProjection,
  CounterSearchView,
  KindTotalsView,
  Counters,
  CountHandler,
} from '../../../test/support/toys.js';
import { createToyTables, ToyApp, type ToyParts } from '../../../test/support/toy-app.js';
import { newId } from '../messages/ids.js';
import { SubscriptionReports } from '../../platform/operations/reports/subscription-reports.js';
import { ProjectionRebuild } from '../projections/projection-rebuild.js';
import { freshDatabase, type FreshDatabase } from '../../platform/testing/databases.js';
import { eventually } from '../testing/eventually.js';
import { Repartition } from './repartition.js';
import { SubscriptionRestart } from './restart.js';
import { isOnlyRepartition } from './sql/repartition-lock.js';
import { raiseBarrier } from './sql/repartition.js';
import { Subscription } from './subscription.decorator.js';

const HANDLER = 'toy.remember';
const VIEW = 'toy.counter-search';
const ada = { by: { id: 'ada' } };
const seen: string[] = [];

@EventsHandler(Counted)
@Subscription(HANDLER, { startFrom: 'beginning', partitions: 2 })
class RememberWhenCounted implements IEventHandler<Counted> {
  handle({ counterId }: Counted): void {
    seen.push(counterId);
  }
}

const parts: ToyParts = {
  entities: [CounterSearchView, KindTotalsView],
  providers: [Counters, CountHandler, CounterSearchProjection, RememberWhenCounted, SubscriptionReports],
};
let db: FreshDatabase;
/** It reads the log for nobody: what it sets stays. */
let operator: ToyApp;
let underWay: Client | undefined;

beforeAll(async () => {
  db = await freshDatabase(import.meta.url);
  await createToyTables(db);
  operator = await ToyApp.start(db, { parts, kernel: { runSubscriptions: false } });
});
afterAll(async () => {
  await operator.close();
  await db.drop();
});
afterEach(async () => {
  await underWay?.end();
  underWay = undefined;
  await operator.rows('UPDATE kernel.subscriptions SET barrier = NULL');
});

/** As a repartition does that waits for its partitions. */
async function beginRepartition(): Promise<void> {
  underWay = await operator.pools.connectPatient();
  await underWay.query('BEGIN');
  expect(await isOnlyRepartition(underWay, HANDLER)).toBe(true);
  await raiseBarrier(operator.pools.worker, HANDLER);
}

async function reportOf(name: string) {
  return (await operator.get(SubscriptionReports).all()).find((report) => report.name === name)!;
}

describe('the barrier of a repartition that was killed', () => {
  it('is told from the one of a repartition under way', async () => {
    await raiseBarrier(operator.pools.worker, HANDLER);
    expect(await reportOf(HANDLER)).toMatchObject({ barrier: 0, isBeingRepartitioned: false });
    await beginRepartition();
    expect(await reportOf(HANDLER)).toMatchObject({ barrier: 0, isBeingRepartitioned: true });
    expect(await reportOf(VIEW)).toMatchObject({ isBeingRepartitioned: false });
  });

  it('is removed by a restart', async () => {
    await raiseBarrier(operator.pools.worker, HANDLER);
    await operator.get(SubscriptionRestart).restart(HANDLER, 'beginning', ada);
    expect(await reportOf(HANDLER)).toMatchObject({ barrier: null });
  });

  it('is removed by a rebuild', async () => {
    await raiseBarrier(operator.pools.worker, VIEW);
    await operator.get(ProjectionRebuild).rebuild(VIEW);
    expect(await reportOf(VIEW)).toMatchObject({ barrier: null });
  });

  it('is removed by a worker, which goes beyond it', async () => {
    await raiseBarrier(operator.pools.worker, HANDLER);
    const worker = await ToyApp.start(db, { parts });
    const id = newId();
    await worker.run(new CountCommand(id, 1));
    await eventually(() => expect(seen).toContain(id));
    expect(await reportOf(HANDLER)).toMatchObject({ barrier: null });
    await worker.close();
  });
});

describe('a repartition under way', () => {
  it('keeps its barrier whatever workers start', async () => {
    await beginRepartition();
    const worker = await ToyApp.start(db, { parts });
    expect(await reportOf(HANDLER)).toMatchObject({ barrier: expect.any(Number) });
    await worker.close();
  });

  it('is the only one of its subscription', async () => {
    await beginRepartition();
    await expect(operator.get(Repartition).to(HANDLER, 3, ada)).rejects.toMatchObject({ code: 'repartition-refused' });
    expect(await reportOf(HANDLER)).toMatchObject({ barrier: expect.any(Number) });
  });
});
