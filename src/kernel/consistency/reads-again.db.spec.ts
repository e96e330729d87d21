import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { createToyTables, ToyApp } from '../../../test/support/toy-app.js';
import * as toys from '../../../test/support/toys.js';
import { CountCommand, CounterSearchView, GetCounterQuery, ListCountersQuery } from '../../../test/support/toys.js';
import { MessageContext } from '../messages/message-context.js';
import { newId } from '../messages/ids.js';
import { ProjectionRebuild } from '../projections/projection-rebuild.js';
import { freshDatabase, type FreshDatabase } from '../../platform/testing/databases.js';
import { settled } from '../testing/settled.js';
import { ConsistencyTokens } from './consistency-token.js';
import { ReadSql } from './read-sql.js';
import { ReadsFrom } from './reads-from.js';

class SlowQuery {
  constructor(readonly id: string) {}
}

/** What happens between the wait of a slow query and its read. */
let meanwhile: () => Promise<unknown> = () => Promise.resolve();
let reads = 0;

@QueryHandler(SlowQuery)
@ReadsFrom(CounterSearchView, { key: ({ id }: SlowQuery) => id })
class SlowHandler implements IQueryHandler<SlowQuery> {
  constructor(private readonly sql: ReadSql) {}

  async execute({ id }: SlowQuery): Promise<number> {
    reads += 1;
    await meanwhile();
    const text = 'SELECT FROM toy_read.counter_search WHERE counter_id = $1';
    return (await this.sql.query({ text, values: [id] })).length;
  }
}

const parts = {
  entities: [CounterSearchView, toys.KindTotalsView],
  providers: [
    toys.Counters,
    toys.CountHandler,
    toys.CounterSearchProjection,
    toys.GetCounterHandler,
    toys.ListCountersHandler,
    SlowHandler,
  ],
};

let db: FreshDatabase;
/** Answers queries; follows nothing, so that a view that is emptied stays empty. */
let toy: ToyApp;
let id: string;
let token: string;

beforeEach(async () => {
  db = await freshDatabase(import.meta.url);
  await createToyTables(db);
  const worker = await ToyApp.start(db, { parts });
  id = newId();
  const context = new MessageContext();
  await worker.run(new CountCommand(id, 1), context);
  token = worker.get(ConsistencyTokens).forEvent(context.outcome.lastEvent!);
  await settled(worker.app);
  await worker.close();
  toy = await ToyApp.start(db, { parts, kernel: { runSubscriptions: false } });
  reads = 0;
});
afterEach(async () => {
  await toy.close();
  await db.drop();
});

const rebuildOnce = (): void => {
  meanwhile = () => {
    meanwhile = () => Promise.resolve();
    return toy.get(ProjectionRebuild).rebuild('toy.counter-search');
  };
};
const asking = (strict: boolean): MessageContext => new MessageContext({ consistency: { token, waitMs: 50, strict } });

describe('a view that is emptied between the wait of a query and its read', () => {
  it('is not said to be fresh', async () => {
    rebuildOnce();
    const context = asking(false);
    expect(await toy.ask(new SlowQuery(id), context)).toBe(0);
    expect(context.outcome).toMatchObject({ rebuilding: true, behind: expect.any(Number) });
    expect(reads).toBe(2);
  });

  it('fails a strict query', async () => {
    rebuildOnce();
    await expect(toy.ask(new SlowQuery(id), asking(true))).rejects.toMatchObject({ code: 'projection-behind' });
  });

  it('again at each further read is said to be rebuilding, whatever its positions say', async () => {
    meanwhile = () => toy.get(ProjectionRebuild).rebuild('toy.counter-search');
    const context = asking(false);
    await toy.ask(new SlowQuery(id), context);
    expect(context.outcome).toMatchObject({ rebuilding: true });
    expect(reads).toBe(3);
    meanwhile = () => Promise.resolve();
  });
});

describe('two queries of one message', () => {
  const position = (context: MessageContext): number =>
    toy.get(ConsistencyTokens).parse(context.outcome.readToken!).position;

  it('give the token of what both have seen, and say what either lacks', async () => {
    const context = asking(false);
    await toy.ask(new GetCounterQuery(id), context);
    expect(position(context)).toBe(1);
    await toy.get(ProjectionRebuild).rebuild('toy.counter-search');
    await toy.ask(new ListCountersQuery(), context);
    expect(position(context)).toBe(1);
    expect(context.outcome).toMatchObject({ rebuilding: true, behind: 1 });
  });
});
