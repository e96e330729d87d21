import { Module, type DynamicModule, type LoggerService, type Type } from '@nestjs/common';
import { AsyncContext, CommandBus, CqrsModule, QueryBus } from '@nestjs/cqrs';
import { Test, type TestingModule } from '@nestjs/testing';
import { Chronicle, type ChronicleEntry } from '../../test/support/heroes/chronicle.js';
import { DragonDiedEvent, HeroFoundItemEvent, HeroKilledDragonEvent } from '../../test/support/heroes/heroes.events.js';
import { HERO_ID } from '../../test/support/heroes/heroes.models.js';
import {
  DropAncientItemCommand,
  GetHeroQuery,
  GetHeroesQuery,
  HeroesModule,
  KillDragonCommand,
} from '../../test/support/heroes/heroes.module.js';
import {
  ScopedGetHeroesQuery,
  ScopedHeroesModule,
  ScopedHeroKilledDragonEvent,
  ScopedKillDragonCommand,
} from '../../test/support/heroes/scoped-heroes.module.js';
import { poolsOf } from '../../test/support/toy-app.js';
import { DurableCqrsModule } from './durable-cqrs.module.js';
import { newId } from './messages/ids.js';
import { freshDatabase, type FreshDatabase } from '../platform/testing/databases.js';
import { eventually } from './testing/eventually.js';

let db: FreshDatabase;
beforeAll(async () => void (db = await freshDatabase(import.meta.url)));
afterAll(() => db.drop());

/** What is swapped: this import, and nothing in the modules of the game. */
const native = (): DynamicModule[] => [CqrsModule.forRoot()];
const durable = (runSubscriptions = true): DynamicModule[] => [
  DurableCqrsModule.forRoot({ pools: poolsOf(db), runSubscriptions }),
];

const nothing = (): void => undefined;
const silent: LoggerService = { log: nothing, warn: nothing, error: nothing };

async function game(cqrs: readonly DynamicModule[]): Promise<TestingModule> {
  @Module({ imports: [...cqrs, HeroesModule, ScopedHeroesModule] })
  class GameModule {}
  const app = await Test.createTestingModule({ imports: [GameModule] })
    .setLogger(silent)
    .compile();
  return app.init();
}

const tales = (app: TestingModule, module: Type<object>, subject: string): ChronicleEntry[] =>
  app.select(module).get(Chronicle, { strict: true }).of(subject);

describe.each([
  ['in memory', native],
  ['durable', durable],
])('the game of heroes, %s', (_, cqrs) => {
  let app: TestingModule;
  beforeAll(async () => void (app = await game(cqrs())));
  afterAll(() => app.close());
  const execute = <R>(command: object, context?: AsyncContext): Promise<R> =>
    app.get(CommandBus).execute<object, R>(command, context);
  const ask = <R>(query: object, context = new AsyncContext()): Promise<R> =>
    app.get(QueryBus).execute<object, R>(query, context);

  it('answers a command, and hands its event to the handlers of it, and theirs to the next', async () => {
    const dragonId = newId();
    expect(await execute(new KillDragonCommand(HERO_ID, dragonId))).toEqual({ heroId: HERO_ID, dragonId });
    await eventually(() =>
      expect(tales(app, HeroesModule, dragonId)).toEqual([
        { handler: 'HeroKilledDragonHandler', event: new HeroKilledDragonEvent(HERO_ID, dragonId) },
        { handler: 'DragonDiedHandler', event: new DragonDiedEvent(dragonId) },
      ]),
    );
    const [first, second] = tales(app, HeroesModule, dragonId);
    expect([first!.event, second!.event]).toEqual([expect.any(HeroKilledDragonEvent), expect.any(DragonDiedEvent)]);
  });

  it('hands an event to nobody who did not ask for it', async () => {
    const itemId = newId();
    await execute(new DropAncientItemCommand(HERO_ID, itemId));
    await eventually(() =>
      expect(tales(app, HeroesModule, itemId)).toEqual([
        { handler: 'HeroFoundItemHandler', event: new HeroFoundItemEvent(HERO_ID, itemId) },
      ]),
    );
  });

  it('answers queries', async () => {
    expect(await ask(new GetHeroesQuery())).toEqual([expect.objectContaining({ id: HERO_ID })]);
    expect(await ask(new GetHeroQuery('7'))).toEqual(expect.objectContaining({ id: '7' }));
  });

  it('tells the caller what went wrong in a handler', async () => {
    await expect(execute(new KillDragonCommand(HERO_ID, 'immortal'))).rejects.toThrow('The dragon lives.');
  });

  it('makes request-scoped handlers of commands and queries for the request that comes with them', async () => {
    const context = new AsyncContext();
    const request = String(context.id.id);
    expect(await execute(new ScopedKillDragonCommand(HERO_ID, newId()), context)).toMatchObject({ request });
    expect(await ask(new ScopedGetHeroesQuery(), context)).toEqual({ heroes: [HERO_ID], request });
    expect(await ask(new ScopedGetHeroesQuery())).toEqual({ heroes: [HERO_ID], request: expect.any(String) });
  });

  it('makes a request-scoped handler for each event', async () => {
    const [one, other] = [newId(), newId()];
    for (const dragonId of [one, other]) await execute(new ScopedKillDragonCommand(HERO_ID, dragonId));
    const told = (): object[] =>
      [one, other].flatMap((dragonId) => tales(app, ScopedHeroesModule, dragonId)).map(({ event }) => event);
    await eventually(() =>
      expect(told()).toEqual(
        [one, other].map((dragonId) => expect.objectContaining(new ScopedHeroKilledDragonEvent(HERO_ID, dragonId))),
      ),
    );
    expect(new Set(told().map((event) => (event as { squire: number }).squire)).size).toBe(2);
  });
});

describe('what the swap adds', () => {
  const eventsAbout = async (subject: string): Promise<{ name: string; stream_id: string }[]> => {
    const text = 'SELECT name, stream_id FROM kernel.events WHERE data::text LIKE $1 ORDER BY id';
    return (await db.pools.app.query<{ name: string; stream_id: string }>(text, [`%${subject}%`])).rows;
  };

  it('is that events outlive the process that made them', async () => {
    const dragonId = newId();
    const dying = await game(durable(false));
    await dying.get(CommandBus).execute(new KillDragonCommand(HERO_ID, dragonId));
    await dying.close();
    expect(await eventsAbout(dragonId)).toMatchObject([{ name: 'heroes.dragon-slain' }]);

    const next = await game(durable());
    await eventually(() => expect(tales(next, HeroesModule, dragonId)).toHaveLength(2));
    await next.close();
    expect(await eventsAbout(dragonId)).toMatchObject([
      { name: 'heroes.dragon-slain', stream_id: `heroes.hero:${HERO_ID}` },
      { name: 'heroes.dragon-died', stream_id: `heroes.dragon:${dragonId}` },
    ]);
  });

  it('is that a command which fails has published nothing', async () => {
    const app = await game(durable());
    await expect(app.get(CommandBus).execute(new KillDragonCommand(HERO_ID, 'immortal'))).rejects.toThrow('lives');
    await app.close();
    expect(await eventsAbout('immortal')).toEqual([]);
  });
});
