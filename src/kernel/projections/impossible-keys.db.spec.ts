import { randomBytes } from 'node:crypto';
import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import { On } from '#kernel/domain';
import { createToyTables, ToyApp } from '../../../test/support/toy-app.js';
import { CountCommand, Counted, Counters, CountHandler } from '../../../test/support/toys.js';
import { MessageContext, type MessageOutcome } from '../messages/message-context.js';
import { newId } from '../messages/ids.js';
import { ReadsFrom } from '../consistency/reads-from.js';
import { DeadLetters } from '../subscriptions/dead-letters.js';
import { freshDatabase, type FreshDatabase } from '../../platform/testing/databases.js';
import { settled } from '../testing/settled.js';
import { Projection } from './projection.decorator.js';

@Entity({ schema: 'toy_read', name: 'kinds' })
class KindView {
  @PrimaryColumn('text') kind!: string;
  @Column('bigint') total!: number;
}

/** Of random characters: what repeats itself is compressed, and fits. */
const TOO_LONG = randomBytes(4_000).toString('base64');
/** An event can't hold it, but keys() can make it: by cutting a text, for example. */
const HALF_A_PAIR = '👍'.slice(0, 1);
const KEYS: Readonly<Record<string, string>> = { long: TOO_LONG, half: HALF_A_PAIR };

/** Counts by kind, in one partition: whatever stopped it would stop all kinds. */
@Projection({ name: 'toy.kinds', version: 1, mode: 'async', view: KindView, partitions: 1 })
class KindsProjection {
  keys({ kind }: Counted): { kind: string } {
    return { kind: KEYS[kind] ?? kind };
  }

  @On(Counted)
  counted(row: KindView | undefined, { kind, by }: Counted): KindView {
    const key = kind === 'stray' ? 'good' : (KEYS[kind] ?? kind);
    return { kind: key, total: (row?.total ?? 0) + by };
  }
}

class GetKindQuery {
  constructor(readonly kind: string) {}
}

@QueryHandler(GetKindQuery)
@ReadsFrom(KindView, { key: ({ kind }: GetKindQuery) => kind })
class GetKindHandler implements IQueryHandler<GetKindQuery> {
  async execute(): Promise<undefined> {}
}

let db: FreshDatabase;
let toy: ToyApp;

beforeAll(async () => {
  db = await freshDatabase(import.meta.url);
  await createToyTables(db, 'CREATE TABLE toy_read.kinds (kind text PRIMARY KEY, total bigint NOT NULL);');
  const providers = [Counters, CountHandler, KindsProjection, GetKindHandler];
  toy = await ToyApp.start(db, { parts: { entities: [KindView], providers } });
});
afterAll(async () => {
  await toy.close();
  await db.drop();
});

const count = (kind: string): Promise<unknown> => toy.run(new CountCommand(newId(), 1, kind));
const totals = async (): Promise<object[]> => {
  await settled(toy.app);
  return toy.rows('SELECT kind, total FROM toy_read.kinds ORDER BY kind');
};
async function told(kind: string): Promise<MessageOutcome> {
  const context = new MessageContext();
  await toy.ask(new GetKindQuery(kind), context);
  return context.outcome;
}

it.each([
  ['longer than an index entry', 'long', TOO_LONG],
  ['with half of a surrogate pair', 'half', HALF_A_PAIR],
])('an event whose key is impossible (%s) is stored as failed, and the partition goes on', async (_, kind, key) => {
  await count(kind);
  await count('good');
  await count(kind);
  const before = (await totals()) as { total: number }[];
  expect(before).toMatchObject([{ kind: 'good' }]);
  const failed = await toy.get(DeadLetters).find({ subscription: 'toy.kinds' });
  expect(failed.map(({ state }) => state)).toEqual(['retrying', 'waiting']);
  expect(new Set(failed.map((letter) => letter.key)).size).toBe(1);
  expect((await told(key)).failed).toMatchObject({ retrying: 1, waiting: 1 });
  expect((await told('good')).failed).toBeUndefined();
  for (const { id } of failed) await toy.get(DeadLetters).discard(id, { by: { id: 'ada' }, reason: 'impossible' });
});

it('a fold that returns the row of another key is stored as failed, and the other row is not touched', async () => {
  const before = await totals();
  await count('stray');
  expect(await totals()).toEqual(before);
  expect(await toy.get(DeadLetters).find({ subscription: 'toy.kinds' })).toMatchObject([
    { key: 'stray', error: expect.stringContaining('toy.kinds folded the row stray into the row good') },
  ]);
});
