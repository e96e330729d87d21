import { CommandHandler, QueryHandler, type ICommandHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Injectable } from '@nestjs/common';
import { DurableCommand, NotFound, Refusal } from '#kernel/domain';
import { Counters, streamOf } from '../../../test/support/toys.js';
import { createToyTables, ToyApp, type ToyParts } from '../../../test/support/toy-app.js';
import { CheckAccess, type AccessCheck } from '../messages/access-check.js';
import { newId } from '../messages/ids.js';
import type { MessageContextFields } from '../messages/message-context.js';
import { freshDatabase, type FreshDatabase } from '../../platform/testing/databases.js';
import { eventually } from '../testing/eventually.js';
import { isAccepted } from './pipeline-errors.js';

/** Counters that nobody may reach (any more). */
const closed = new Set<string>();
let folds = 0;

@Injectable()
class CounterAccess implements AccessCheck<{ readonly counterId: string }> {
  async assertAccess({ counterId }: { readonly counterId: string }): Promise<void> {
    if (closed.has(counterId)) throw new NotFound('There is no such counter.');
  }
}

class Full extends Refusal {
  override readonly code = 'toy.full';
  readonly secret = 'what only some may read';
}

@DurableCommand('toy.guarded-count')
class GuardedCountCommand {
  constructor(
    readonly counterId: string,
    readonly by = 1,
  ) {}
}

@CommandHandler(GuardedCountCommand)
@CheckAccess(CounterAccess)
class GuardedCountHandler implements ICommandHandler<GuardedCountCommand> {
  constructor(private readonly counters: Counters) {}

  async execute({ counterId, by }: GuardedCountCommand): Promise<{ total: number }> {
    folds += 1;
    if (by > 100) throw new Full('No room.');
    const counter = await this.counters.findOrNew(counterId);
    counter.count(by);
    await this.counters.save(counter);
    return { total: counter.total };
  }
}

class GuardedTotalQuery {
  constructor(readonly counterId: string) {}
}

@QueryHandler(GuardedTotalQuery)
@CheckAccess(CounterAccess)
class GuardedTotalHandler implements IQueryHandler<GuardedTotalQuery> {
  async execute(): Promise<string> {
    return 'answered';
  }
}

const parts: ToyParts = { providers: [Counters, CounterAccess, GuardedCountHandler, GuardedTotalHandler] };
let db: FreshDatabase;
let toy: ToyApp;
beforeAll(async () => {
  db = await freshDatabase(import.meta.url);
  await createToyTables(db);
  toy = await ToyApp.start(db, { parts });
});
afterAll(async () => {
  await toy.close();
  await db.drop();
});
afterEach(() => closed.clear());

const keyed = (key: string): MessageContextFields => ({
  idempotency: { key, operation: 'POST /counters', fingerprint: 'as ever' },
});
const later = (key: string): MessageContextFields => ({
  ...keyed(key),
  respondAsync: { operation: 'POST /counters', resource: { type: 'counter', href: '/counters/:id' } },
});
const eventsOf = async (id: string): Promise<number> => (await toy.events(streamOf(id))).length;

describe('a command whose handler has an access check', () => {
  it('is executed when the check passes, and not even loaded when it refuses', async () => {
    const [open, shut] = [newId(), newId()];
    closed.add(shut);
    expect(await toy.run(new GuardedCountCommand(open))).toEqual({ total: 1 });
    const before = folds;
    await expect(toy.run(new GuardedCountCommand(shut))).rejects.toMatchObject({ code: 'not-found' });
    expect([folds, await eventsOf(shut)]).toEqual([before, 0]);
  });

  it('isn’t answered by its stored result once access is gone, and is again when it is back', async () => {
    const id = newId();
    expect(await toy.run(new GuardedCountCommand(id), keyed(id))).toEqual({ total: 1 });
    closed.add(id);
    await expect(toy.run(new GuardedCountCommand(id), keyed(id))).rejects.toMatchObject({ code: 'not-found' });
    closed.delete(id);
    expect(await toy.run(new GuardedCountCommand(id), keyed(id))).toEqual({ total: 1 });
    expect(await eventsOf(id)).toBe(1);
  });

  it('isn’t answered by its stored refusal once access is gone', async () => {
    const id = newId();
    const send = () => toy.run(new GuardedCountCommand(id, 101), keyed(id));
    await expect(send()).rejects.toMatchObject({ code: 'toy.full' });
    closed.add(id);
    await expect(send()).rejects.toMatchObject({ code: 'not-found' });
  });

  it('isn’t accepted for later without access, and its acceptance isn’t repeated once access is gone', async () => {
    const [id, shut] = [newId(), newId()];
    closed.add(shut);
    await expect(toy.run(new GuardedCountCommand(shut), later(shut))).rejects.toMatchObject({ code: 'not-found' });
    const accepted = await toy.run(new GuardedCountCommand(id), later(id)).catch((error: unknown) => error);
    expect(isAccepted(accepted)).toBe(true);
    await eventually(async () => expect(await eventsOf(id)).toBe(1));
    closed.add(id);
    await expect(toy.run(new GuardedCountCommand(id), later(id))).rejects.toMatchObject({ code: 'not-found' });
    await expect(toy.run(new GuardedCountCommand(id), keyed(id))).rejects.toMatchObject({ code: 'not-found' });
  });
});

describe('a query whose handler has an access check', () => {
  it('is answered when the check passes, and refused without being asked when it doesn’t', async () => {
    const id = newId();
    expect(await toy.ask(new GuardedTotalQuery(id))).toBe('answered');
    closed.add(id);
    await expect(toy.ask(new GuardedTotalQuery(id))).rejects.toMatchObject({ code: 'not-found' });
  });
});
