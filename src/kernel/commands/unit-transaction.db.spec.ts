import { getDataSourceToken } from '@nestjs/typeorm';
import type { DataSource, EntityManager, Repository } from 'typeorm';
import { createToyTables, poolsOf, ToyApp } from '../../../test/support/toy-app.js';
import { BoxEntity, CountCommand, LimitReached, Noticed } from '../../../test/support/toys.js';
import { newId } from '../messages/ids.js';
import { freshDatabase, type FreshDatabase } from '../../platform/testing/databases.js';
import { until } from '../testing/until.js';
import { EventStreams } from './event-streams.js';
import { UnitOfWork } from './unit-of-work.js';

const POOL_SIZE = 4;

let db: FreshDatabase;
let toy: ToyApp;

beforeAll(async () => {
  db = await freshDatabase(import.meta.url);
  await createToyTables(db);
  toy = await ToyApp.start(db, { kernel: { runSubscriptions: false }, pools: poolsOf(db, { poolSize: POOL_SIZE }) });
});
afterAll(async () => {
  await toy.close();
  await db.drop();
});

const source = (): DataSource => toy.app.get(getDataSourceToken(), { strict: false });
const boxes = (): Repository<BoxEntity> => source().getRepository(BoxEntity);
const box = (id: string): BoxEntity => Object.assign(new BoxEntity(), { id, total: 1, version: 1 });
const stored = (id: string): Promise<object[]> => toy.rows('SELECT total FROM toy.boxes WHERE id = $1', id);
const used = (): number => toy.pools.app.totalCount - toy.pools.app.idleCount;
const noneInUse = (): Promise<void> => until('no connection is in use', () => used() === 0);

/** Keeps what a handler didn't await from ending the process. */
function started(work: Promise<unknown>): Promise<unknown> {
  work.catch(() => undefined);
  return work;
}

describe('the transaction of a unit of work', () => {
  it('isn’t begun again by a save that was under way when the command was refused', async () => {
    const late: Promise<unknown>[] = [];
    const saveAndCheck = async (): Promise<void> => {
      late.push(started(boxes().save(box(newId()))));
      const check = Promise.reject(new LimitReached(1));
      await Promise.all([...late.slice(-1), check]);
    };
    for (let run = 0; run < POOL_SIZE * 2; run += 1)
      await expect(toy.inCommand(saveAndCheck)).rejects.toMatchObject({ code: 'toy.limit-reached' });

    const ends = await Promise.allSettled(late);
    expect(ends.map(({ status }) => status)).toEqual(late.map(() => 'rejected'));
    await noneInUse();
    await toy.run(new CountCommand(newId(), 1));
  });

  it('isn’t committed while a query that the handler started is under way', async () => {
    const id = newId();
    let late: Promise<unknown> = Promise.resolve();
    const careless = async (): Promise<void> => {
      await boxes().insert(box(id));
      late = started(source().query('SELECT pg_sleep(0.2)'));
    };
    await expect(toy.inCommand(careless)).rejects.toThrow('Await everything that a handler starts');
    await Promise.allSettled([late]);
    await noneInUse();
    expect(await stored(id)).toEqual([]);
  });

  it('keeps nothing that reaches the connection after the command was refused, in whichever turn that is', async () => {
    for (let turns = 0; turns < 20; turns += 1) {
      const [inserted, queried] = [newId(), newId()];
      const writes = [
        () => boxes().insert(box(inserted)),
        () => source().query('INSERT INTO toy.boxes VALUES ($1, 1, 1)', [queried]),
      ];
      for (const write of writes) {
        const careless = async (): Promise<void> => {
          await source().query('SELECT 1');
          const later = async (): Promise<unknown> => {
            for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
            return write();
          };
          await Promise.all([started(later()), Promise.reject(new LimitReached(1))]);
        };
        await expect(toy.inCommand(careless)).rejects.toMatchObject({ code: 'toy.limit-reached' });
      }
      await noneInUse();
      expect(await stored(inserted)).toEqual([]);
      expect(await stored(queried)).toEqual([]);
    }
  });

  it.each<[string, 'commits' | 'rolls back', (used: boolean) => Promise<unknown>]>([
    ['commits after it was used', 'commits', async () => boxes().count()],
    ['commits without it', 'commits', async () => undefined],
    ['is rolled back after it was used', 'rolls back', async () => boxes().count()],
    ['is rolled back without it', 'rolls back', async () => undefined],
  ])('gives nobody a connection after the command %s', async (_, end, use) => {
    let unit: UnitOfWork | undefined;
    let kept: EntityManager | undefined;
    const command = toy.inCommand(async () => {
      unit = UnitOfWork.required('The spec');
      kept = unit.transaction.manager();
      await use(true);
      if (end === 'rolls back') throw new LimitReached(1);
    });
    await command.catch((error: unknown) => expect(error).toBeInstanceOf(LimitReached));

    const { transaction } = unit!;
    const ended = /came after the transaction of its command had ended/;
    await expect(transaction.client()).rejects.toThrow(ended);
    await expect(transaction.connection.query({ text: 'SELECT 1' })).rejects.toThrow(ended);
    expect(() => transaction.manager()).toThrow(ended);
    await expect(kept!.query('SELECT 1')).rejects.toThrow(ended);
    await expect(kept!.save(box(newId()))).rejects.toThrow(ended);
    await noneInUse();
  });

  it.each<[string, () => Promise<unknown>]>([
    ['COMMIT', () => source().query('COMMIT')],
    ['a BEGIN', () => source().query('begin')],
    ['COMMIT behind comments', () => source().query('/* a */ -- b\n;COMMIT')],
    ['commitTransaction() of a query runner', () => source().createQueryRunner().commitTransaction()],
    ['rollbackTransaction() of a query runner', () => source().createQueryRunner().rollbackTransaction()],
  ])('can’t be ended by a handler: %s', async (_, ending) => {
    const id = newId();
    const command = toy.inCommand(async () => {
      await boxes().insert(box(id));
      await ending();
    });
    await expect(command).rejects.toThrow('A handler can’t begin or end the transaction of its command');
    expect(await stored(id)).toEqual([]);
    await noneInUse();
  });

  it.each([
    'SELECT 1; COMMIT',
    'SELECT 1; COMMIT; BEGIN; COMMIT',
    'SELECT 1; SAVEPOINT x; ROLLBACK',
    'SELECT 1; COMMIT; SELECT 1 / 0',
  ])('commits nothing more once SQL has ended it, whatever the handler catches: %s', async (text) => {
    const stream = `toy.noted:${newId()}`;
    const ended = 'A handler can’t begin or end the transaction of its command';
    const command = toy.inCommand(async () => {
      await boxes().count();
      await expect(source().query(text)).rejects.toThrow(ended);
      await expect(boxes().count()).rejects.toThrow(ended);
      toy.get(EventStreams).append({ stream, events: [new Noticed('ended')] });
    });
    await expect(command).rejects.toThrow(ended);
    expect(await toy.events(stream)).toEqual([]);
    await noneInUse();
    expect(await toy.run(new CountCommand(newId(), 1))).toMatchObject({ total: 1 });
  });

  it.each(['SET statement_timeout = 0', "SET SESSION work_mem TO '1GB'", 'RESET ALL', '/* x */ DISCARD ALL'])(
    'leaves its session as it was: %s is refused',
    async (text) => {
      const command = toy.inCommand(() => source().query(text));
      await expect(command).rejects.toThrow('A handler can’t change settings of its session');
      await toy.inCommand(async () => {
        await source().query("SET LOCAL work_mem = '8MB'");
        await source().query('SET CONSTRAINTS ALL DEFERRED');
      });
      await noneInUse();
    },
  );

  it('gives its connection up when the server has ended the session', async () => {
    const command = toy.inCommand(async () => {
      const [{ pid }] = await source().query<[{ pid: number }]>('SELECT pg_backend_pid() AS pid');
      await db.pools.app.query('SELECT pg_terminate_backend($1)', [pid]);
      await boxes().count();
    });
    // What it is told depends on whether the server's word has arrived before the query is sent.
    await expect(command).rejects.toThrow(/terminat|not queryable/);
    await noneInUse();
    await toy.run(new CountCommand(newId(), 1));
  });
});
