import { randomBytes } from 'node:crypto';
import {
  CounterProjection,
  CountCommand,
  CounterSearchView,
  CounterView,
  GetCounterQuery,
  Noticed,
} from '../../../test/support/toys.js';
import { createToyTables, ToyApp } from '../../../test/support/toy-app.js';
import { EventStreams } from '../commands/event-streams.js';
import { LogEpoch } from '../event-log/epoch.js';
import { MessageContext, type ConsistencyRequest } from '../messages/message-context.js';
import { newId } from '../messages/ids.js';
import { freshDatabase, type FreshDatabase } from '../../platform/testing/databases.js';
import { settled } from '../testing/settled.js';
import { until } from '../testing/until.js';
import { ProjectionRebuild } from '../projections/projection-rebuild.js';
import { SubscriptionProgress } from '../subscriptions/subscription-progress.js';
import { ConsistencyTokens } from './consistency-token.js';
import { ViewConsistency } from './view-consistency.js';

let db: FreshDatabase;
/** Reads and follows; writes as well. */
let toy: ToyApp;
/** Writes, and runs no subscriptions. */
let writer: ToyApp;

beforeAll(async () => {
  db = await freshDatabase(import.meta.url);
  await createToyTables(db);
  toy = await ToyApp.start(db);
  writer = await ToyApp.start(db, { kernel: { runSubscriptions: false } });
});
afterAll(async () => {
  await writer.close();
  await toy.close();
  await db.drop();
});

const asking = (token: string, more: Partial<ConsistencyRequest> = {}): MessageContext =>
  new MessageContext({ consistency: { token, waitMs: 5_000, strict: true, ...more } });

/** A command, and the token that its caller gets. */
async function counted(by: ToyApp, id: string): Promise<string> {
  const context = new MessageContext();
  await by.run(new CountCommand(id, 1), context);
  return by.get(ConsistencyTokens).forEvent(context.outcome.lastEvent!);
}

describe('a read with the token of a command', () => {
  it('sees what the command did, whichever process it asks', async () => {
    for (let n = 0; n < 5; n += 1) {
      const id = newId();
      const token = await counted(n % 2 === 0 ? writer : toy, id);
      expect(await toy.ask(new GetCounterQuery(id), asking(token))).toEqual({ total: 1 });
      expect(await writer.ask(new GetCounterQuery(id), asking(token))).toEqual({ total: 1 });
    }
  });

  it('gives a token of its own, with which later reads go back behind nothing', async () => {
    const id = newId();
    const context = asking(await counted(writer, id));
    await toy.ask(new GetCounterQuery(id), context);
    const { position, event } = toy.get(ConsistencyTokens).parse(context.outcome.readToken!);
    expect(position).toBeGreaterThan(0);
    expect(event).toBeUndefined();
    const again = asking(context.outcome.readToken!, { waitMs: 0 });
    expect(await toy.ask(new GetCounterQuery(id), again)).toEqual({ total: 1 });
  });

  it('waits for "head" until everything is there that was committed before', async () => {
    const ids = Array.from({ length: 5 }, newId);
    for (const id of ids) await writer.run(new CountCommand(id, 1));
    for (const id of ids) expect(await toy.ask(new GetCounterQuery(id), asking('head'))).toEqual({ total: 1 });
  });

  it('is served at once without a token, and still gives a token', async () => {
    const context = new MessageContext();
    await toy.ask(new GetCounterQuery(newId()), context);
    expect(context.outcome.readToken).toEqual(expect.any(String));
    expect(context.outcome.behind).toBeUndefined();
  });

  it('has inline views at once, also where nobody follows the log', async () => {
    const id = newId();
    const token = await counted(writer, id);
    const seen = await writer.get(ViewConsistency).await([CounterView], { token, waitMs: 0, strict: true });
    expect(seen.behind).toBeUndefined();
    expect(writer.get(CounterProjection)).toBeDefined();
  });
});

describe('a view that is not there in time', () => {
  let lone: ToyApp;
  let other: FreshDatabase;

  /** Nobody follows the log of this database. */
  beforeAll(async () => {
    other = await freshDatabase(import.meta.url.replace('view-consistency', 'nobody-follows'));
    await createToyTables(other);
    lone = await ToyApp.start(other, { kernel: { runSubscriptions: false } });
  });
  afterAll(async () => {
    await lone.close();
    await other.drop();
  });

  it('is shown as it is, with how far it is behind, and the next token still asks for the event', async () => {
    const token = await counted(lone, newId());
    await counted(lone, newId());
    const context = asking(token, { waitMs: 30, strict: false });
    expect(await lone.ask(new GetCounterQuery(newId()), context)).toBeUndefined();
    expect(context.outcome.behind).toBe(1);
    const { event } = lone.get(ConsistencyTokens).parse(token);
    expect(lone.get(ConsistencyTokens).parse(context.outcome.readToken!)).toMatchObject({ position: 0, event });
  });

  it('is refused where the caller is strict', async () => {
    const token = await counted(lone, newId());
    await expect(lone.ask(new GetCounterQuery(newId()), asking(token, { waitMs: 30 }))).rejects.toMatchObject({
      code: 'projection-behind',
      behind: expect.any(Number),
    });
  });

  it('is as good as there when none of the events between is one that it folds', async () => {
    const fresh = await freshDatabase(import.meta.url.replace('view-consistency', 'other-names'));
    await createToyTables(fresh);
    const only = await ToyApp.start(fresh, { kernel: { runSubscriptions: false } });
    const context = new MessageContext();
    const publish = (): void => only.get(EventStreams).append({ stream: 'toy.note:1', events: [new Noticed('x')] });
    await only.inCommand(publish, context);
    const token = only.get(ConsistencyTokens).forEvent(context.outcome.lastEvent!);
    const reading = asking(token, { waitMs: 0 });
    expect(await only.ask(new GetCounterQuery('none'), reading)).toBeUndefined();
    expect(reading.outcome.behind).toBeUndefined();
    await only.close();
    await fresh.drop();
  });
});

describe('a view that was emptied by a rebuild', () => {
  let behind: ToyApp;
  let other: FreshDatabase;
  const id = newId();

  /** Nobody follows the log until a test says so. */
  beforeAll(async () => {
    other = await freshDatabase(import.meta.url.replace('view-consistency', 'emptied-view'));
    await createToyTables(other);
    behind = await ToyApp.start(other, { kernel: { runSubscriptions: false } });
    for (let n = 0; n < 3; n += 1) await counted(behind, id);
    const follower = await ToyApp.start(other);
    await settled(follower.app);
    await follower.close();
    await behind.get(ProjectionRebuild).rebuild('toy.counter-search');
  });
  afterAll(async () => {
    await behind.close();
    await other.drop();
  });

  it('is said to be rebuilt, with how much it lacks, also to who has no token', async () => {
    const context = new MessageContext();
    expect(await behind.ask(new GetCounterQuery(id), context)).toBeUndefined();
    expect(context.outcome).toMatchObject({ rebuilding: true, behind: 3 });
    const inline = await behind.get(ViewConsistency).await([CounterView], undefined);
    expect(inline.rebuilding).toBeUndefined();
  });

  it('is refused where the caller is strict, also by a token that asks for nothing new', async () => {
    const { readToken } = await behind.get(ViewConsistency).await([], undefined);
    await expect(behind.ask(new GetCounterQuery(id), asking(readToken, { waitMs: 0 }))).rejects.toMatchObject({
      code: 'projection-behind',
      message: expect.stringContaining('behind'),
    });
    const strict = { consistency: { waitMs: 0, strict: true } };
    await expect(behind.ask(new GetCounterQuery(id), strict)).rejects.toThrow(
      'The view is being rebuilt and lacks 3 events',
    );
  });

  it('is whole again once all partitions have come to where the log was', async () => {
    const follower = await ToyApp.start(other);
    await settled(follower.app);
    for (const app of [follower, behind]) {
      const context = new MessageContext();
      await until('it is whole', async () => {
        const fresh = await app.get(ViewConsistency).await([CounterSearchView], undefined);
        return fresh.rebuilding === undefined;
      });
      expect(await app.ask(new GetCounterQuery(id), context)).toEqual({ total: 3 });
      expect(context.outcome).not.toHaveProperty('rebuilding');
    }
    await follower.close();
  });
});

describe('a token', () => {
  const invalid = { code: 'consistency-token-invalid' };

  it('that somebody made up is refused', async () => {
    const real = Buffer.from(await counted(toy, newId()), 'base64url');
    for (let bit = 0; bit < real.length * 8; bit += 5) {
      const forged = Buffer.from(real);
      forged[bit >> 3]! ^= 1 << (bit & 7);
      await expect(toy.ask(new GetCounterQuery('x'), asking(forged.toString('base64url')))).rejects.toMatchObject(
        invalid,
      );
    }
    for (const text of ['', 'x', '..', randomBytes(48).toString('base64url'), `${real.toString('base64url')}A`]) {
      await expect(toy.ask(new GetCounterQuery('x'), asking(text))).rejects.toMatchObject(invalid);
    }
  });

  it('of a position that the log has not reached is refused', async () => {
    const token = toy.get(ConsistencyTokens).issue({ epoch: toy.get(LogEpoch).current, position: 1_000_000 });
    await expect(toy.ask(new GetCounterQuery('x'), asking(token, { waitMs: 0 }))).rejects.toMatchObject(invalid);
  });

  it.each([
    ['an id that was given to another event', { id: 1 }],
    ['an id that was never given', { id: 1_000_000 }],
  ])('of an event that the log has lost, by %s, is answered as of an unknown epoch', async (_, { id }) => {
    const token = toy.get(ConsistencyTokens).forEvent({ id, eventId: newId() });
    const context = asking(token, { waitMs: 0 });
    await toy.ask(new GetCounterQuery('x'), context);
    expect(context.outcome).toMatchObject({ unknownEpoch: true, readToken: expect.any(String) });
  });

  it('of another epoch is answered at once, and said to be of one that is not known', async () => {
    const token = toy.get(ConsistencyTokens).issue({ epoch: newId(), position: 1_000_000 });
    const context = asking(token, { waitMs: 0 });
    await toy.ask(new GetCounterQuery('x'), context);
    expect(context.outcome).toMatchObject({ unknownEpoch: true, readToken: expect.any(String) });
  });

  it('of one replica is known to the others', async () => {
    const [mine, theirs] = [toy, writer].map((app) => app.get(ConsistencyTokens)) as [
      ConsistencyTokens,
      ConsistencyTokens,
    ];
    const event = { id: 5, eventId: newId() };
    expect(theirs.parse(mine.forEvent(event))).toEqual({ epoch: toy.get(LogEpoch).current, position: 0, event });
  });
});

it('many readers look at the checkpoints together', async () => {
  const token = await counted(toy, newId());
  await settled(toy.app);
  const progress = toy.get(SubscriptionProgress);
  const views = await Promise.all(Array.from({ length: 50 }, () => progress.view([])));
  // Two, where the 20 ms of a look end in between.
  expect(new Set(views).size).toBeLessThanOrEqual(2);
  const ends = await Promise.all(Array.from({ length: 50 }, () => toy.ask(new GetCounterQuery('x'), asking(token))));
  expect(ends).toHaveLength(50);
});
