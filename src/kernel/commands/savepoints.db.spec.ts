import { getDataSourceToken } from '@nestjs/typeorm';
import type { DataSource, EntityManager, Repository } from 'typeorm';
import { createToyTables, poolsOf, ToyApp } from '../../../test/support/toy-app.js';
import { Box, BoxEntity, Boxes, Counter, Counters, Noticed, streamOf } from '../../../test/support/toys.js';
import { newId } from '../messages/ids.js';
import { freshDatabase, type FreshDatabase } from '../../platform/testing/databases.js';
import { EventStreams } from './event-streams.js';

let db: FreshDatabase;
let toy: ToyApp;

beforeAll(async () => {
  db = await freshDatabase(import.meta.url);
  await createToyTables(db);
  const pools = poolsOf(db, { poolSize: 4, statementTimeoutMs: 1 });
  toy = await ToyApp.start(db, { kernel: { runSubscriptions: false }, pools });
});
afterAll(async () => {
  await toy.close();
  await db.drop();
});

const source = (): DataSource => toy.app.get(getDataSourceToken(), { strict: false });
const boxes = (): Repository<BoxEntity> => source().getRepository(BoxEntity);
const box = (id: string): BoxEntity => Object.assign(new BoxEntity(), { id, total: 1, version: 1 });
const givenUp = new Error('this part is given up');

/** Boxes of one test, which end as `kept` where the command committed them. */
class Part {
  readonly kept = `kept-${newId()}`;
  readonly undone = `undone-${newId()}`;

  async stored(): Promise<unknown[]> {
    const rows = await toy.rows('SELECT id FROM toy.boxes WHERE id = ANY ($1)', [this.kept, this.undone]);
    return rows.map(({ id }) => id);
  }
}

interface Gate {
  readonly opened: Promise<void>;
  open(): void;
}

function gate(): Gate {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}

/** Gives up a transaction(), once another part has begun and the database has answered some more queries. */
async function failing(id: string, of: { inserted: Gate; otherBegun: Gate }): Promise<void> {
  await source().transaction(async (inner) => {
    await inner.insert(BoxEntity, box(id));
    of.inserted.open();
    await of.otherBegun.opened;
    for (let n = 0; n < 5; n += 1) await inner.query('SELECT 1');
    throw givenUp;
  });
}

/** A given-up transaction() and another part beside it. */
async function sideBySide(undone: string, other: () => Promise<unknown>): Promise<PromiseSettledResult<unknown>[]> {
  const of = { inserted: gate(), otherBegun: gate() };
  const beside = async (): Promise<unknown> => {
    await of.inserted.opened;
    const work = other();
    of.otherBegun.open();
    return work;
  };
  return Promise.allSettled([failing(undone, of), beside()]);
}

const viaRunner = async (id: string): Promise<void> => {
  const runner = source().createQueryRunner();
  await runner.startTransaction();
  await runner.manager.insert(BoxEntity, box(id));
  await runner.commitTransaction();
  await runner.release();
};

describe('parts of a handler that run side by side', () => {
  it.each<[string, (id: string) => Promise<unknown>]>([
    ['transaction()', (id) => source().transaction((inner) => inner.insert(BoxEntity, box(id)))],
    [
      'transaction() of a new manager',
      (id) =>
        source()
          .createEntityManager()
          .transaction((in_) => in_.save(box(id))),
    ],
    ['the transaction of a query runner', viaRunner],
    ['save() of several rows', (id) => boxes().save([box(id), box(`more-${id}`)])],
    ['insert()', (id) => boxes().insert(box(id))],
    ['plain SQL', (id) => source().query('INSERT INTO toy.boxes VALUES ($1, 1, 1)', [id])],
  ])('are undone alone: %s beside a transaction() that fails is kept', async (_, write) => {
    const part = new Part();
    await toy.inCommand(async () => {
      const ends = await sideBySide(part.undone, () => write(part.kept));
      expect(ends).toMatchObject([{ reason: givenUp }, { status: 'fulfilled' }]);
    });
    expect(await part.stored()).toEqual([part.kept]);
  });

  it('are undone alone when the one that fails ends last', async () => {
    const part = new Part();
    const [begun, ended] = [gate(), gate()];
    await toy.inCommand(async () => {
      const ends = await Promise.allSettled([
        source().transaction(async (inner) => {
          await inner.insert(BoxEntity, box(part.kept));
          begun.open();
          await inner.query('SELECT 1');
        }),
        begun.opened
          .then(() =>
            source().transaction(async (inner) =>
              inner.insert(BoxEntity, box(part.undone)).then(() => Promise.reject(givenUp)),
            ),
          )
          .finally(ended.open),
      ]);
      expect(ends).toMatchObject([{ status: 'fulfilled' }, { reason: givenUp }]);
    });
    expect(await part.stored()).toEqual([part.kept]);
  });

  it('keep an aggregate’s row and its event together', async () => {
    const part = new Part();
    await toy.inCommand(() =>
      sideBySide(part.undone, async () => {
        const aggregate = new Box(part.kept);
        aggregate.count(3);
        await toy.get(Boxes).save(aggregate);
      }),
    );
    expect(await part.stored()).toEqual([part.kept]);
    expect(await toy.events(`toy.box:${part.kept}`)).toHaveLength(1);
  });

  it('are undone alone inside a transaction() as well', async () => {
    const part = new Part();
    await toy.inCommand(() =>
      source().transaction(() =>
        sideBySide(part.undone, () => source().transaction((inner) => inner.insert(BoxEntity, box(part.kept)))),
      ),
    );
    expect(await part.stored()).toEqual([part.kept]);
  });

  it('fail the command when one waits for the other: the one holds what the other asks for', async () => {
    const part = new Part();
    const command = toy.inCommand(async () => {
      const begun = gate();
      const other = begun.opened.then(() => boxes().insert(box(part.kept)));
      await source()
        .transaction(async (inner) => {
          await inner.insert(BoxEntity, box(part.undone));
          begun.open();
          await other;
        })
        .catch(() => undefined);
    });
    await expect(command).rejects.toThrow(/waited .* for a transaction\(\) of the same command/);
    expect(await part.stored()).toEqual([]);
  });
});

describe('a transaction() in a handler', () => {
  it('goes on in one inside it, by whichever manager, and undoes that one alone', async () => {
    const part = new Part();
    await toy.inCommand(() =>
      source().transaction(async (inner) => {
        await boxes().insert(box(part.kept));
        const nested = async (own: EntityManager): Promise<void> => {
          await own.insert(BoxEntity, box(part.undone));
          expect(await inner.countBy(BoxEntity, { id: part.undone })).toBe(1);
          throw givenUp;
        };
        await expect(inner.transaction(nested)).rejects.toThrow(givenUp);
        await expect(source().transaction(nested)).rejects.toThrow(givenUp);
      }),
    );
    expect(await part.stored()).toEqual([part.kept]);
  });

  it('keeps nothing of a query that it did not await', async () => {
    const part = new Part();
    await toy.inCommand(async () => {
      const late: Promise<unknown>[] = [];
      const work = async (inner: EntityManager): Promise<void> => {
        late.push(inner.insert(BoxEntity, box(part.undone)), boxes().insert(box(part.kept)));
        throw givenUp;
      };
      await expect(source().transaction(work)).rejects.toThrow(givenUp);
      await Promise.allSettled(late);
    });
    expect(await part.stored()).toEqual([]);
  });

  it('is refused when it ends before one that it began', async () => {
    const part = new Part();
    const end = gate();
    const command = toy.inCommand(async () => {
      const begun = gate();
      let late: Promise<unknown> = Promise.resolve();
      const outer = source().transaction(async (inner) => {
        late = inner.transaction(async (own) => {
          await own.insert(BoxEntity, box(part.kept));
          begun.open();
          await end.opened;
        });
        late.catch(() => undefined);
        await begun.opened;
      });
      await expect(outer).rejects.toThrow('Await everything that transaction() starts');
      end.open();
      await expect(late).rejects.toThrow('Await everything that transaction() starts');
    });
    await command;
    expect(await part.stored()).toEqual([]);
  });

  it('must have ended when the command ends', async () => {
    const part = new Part();
    const command = toy.inCommand(async () => {
      const runner = source().createQueryRunner();
      await runner.startTransaction();
      await runner.manager.insert(BoxEntity, box(part.kept));
    });
    await expect(command).rejects.toThrow('Await everything that a handler starts');
    expect(await part.stored()).toEqual([]);
  });

  it('is the only savepoint: a handler’s own would be seen by nobody', async () => {
    for (const text of ['SAVEPOINT x', 'ROLLBACK TO x', 'RELEASE x'])
      await expect(toy.inCommand(() => source().query(text))).rejects.toThrow(
        'use transaction(), which is a savepoint',
      );
  });
});

describe('what a transaction() adds to the commit', () => {
  const ways: [string, (id: string) => unknown][] = [
    ['an event', (id) => toy.get(EventStreams).append({ stream: streamOf(id), events: [new Noticed(id)] })],
    [
      'an aggregate’s events',
      async (id) => {
        const counter = new Counter(id);
        counter.count(1);
        await toy.get(Counters).save(counter);
      },
    ],
  ];

  it.each(ways)('commits with its rows: %s', async (_, add) => {
    const part = new Part();
    await toy.inCommand(() =>
      source().transaction(async (inner) => {
        await inner.insert(BoxEntity, box(part.kept));
        await add(part.kept);
      }),
    );
    expect(await part.stored()).toEqual([part.kept]);
    expect(await toy.events(streamOf(part.kept))).toHaveLength(1);
  });

  const lost = /transaction\(\) that was rolled back had .* the commit/;
  it.each(ways)(
    'fails the command when its rows are rolled back, also when the error is caught: %s',
    async (_, add) => {
      const id = newId();
      const command = toy.inCommand(() =>
        source()
          .transaction(async (inner) => {
            await inner.transaction(async () => add(id));
            throw givenUp;
          })
          .catch(() => undefined),
      );
      await expect(command).rejects.toThrow(lost);
      expect(await toy.events(streamOf(id))).toEqual([]);
    },
  );

  it.each(ways)('fails the command when a query runner rolls its rows back: %s', async (_, add) => {
    const id = newId();
    const command = toy.inCommand(async () => {
      const runner = source().createQueryRunner();
      await runner.startTransaction();
      if (id !== '') await runner.manager.insert(BoxEntity, box(id));
      toy.get(EventStreams).append({ stream: `toy.other:${id}`, events: [new Noticed(id)] });
      await runner.rollbackTransaction();
      await add(id);
    });
    await expect(command).rejects.toThrow(lost);
    expect(await toy.events(streamOf(id))).toEqual([]);
  });
});
