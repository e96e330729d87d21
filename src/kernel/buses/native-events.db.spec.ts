import {
  AggregateRoot,
  EventBus,
  EventPublisher,
  EventsHandler,
  UnhandledExceptionBus,
  WithAggregateRoot,
} from '@nestjs/cqrs';
import type { IAggregateRoot, IEventHandler, UnhandledExceptionInfo } from '@nestjs/cqrs';
import { DurableEvent, EventStream } from '#kernel/domain';
import { createToyTables, ToyApp } from '../../../test/support/toy-app.js';
import { newId } from '../messages/ids.js';
import { freshDatabase, type FreshDatabase } from '../../platform/testing/databases.js';
import { eventually } from '../testing/eventually.js';
import { settled } from '../testing/settled.js';
import { Subscription } from '../subscriptions/subscription.decorator.js';

@DurableEvent('native.stepped', 1)
class Stepped {
  constructor(
    readonly heroId: string,
    readonly step: number,
  ) {}
}

/** Without a permanent name of its own: only its subclasses are published. */
abstract class Happened {
  constructor(readonly what: string) {}
}

@DurableEvent('native.hero-fell', 1)
class HeroFell extends Happened {}

@DurableEvent('native.hero-rose', 1)
class HeroRose extends Happened {}

@EventStream('native.hero')
class Hero extends AggregateRoot {
  constructor(readonly id: string) {
    super();
  }

  step(step: number): void {
    this.apply(new Stepped(this.id, step));
  }
}

class Wanderer extends Hero {}

class Nobody extends AggregateRoot {
  readonly id = 'x';

  step(): void {
    this.apply(new Stepped(this.id, 1));
  }
}

/** An aggregate by mixin, as @nestjs/cqrs offers it for classes with a base class of their own. */
class Mixed extends WithAggregateRoot(class {}) {
  step(): void {
    this.apply(new Stepped('x', 1));
  }
}

@EventStream('native.town', { id: (town: Town) => town.zip })
class Town extends AggregateRoot {
  constructor(readonly zip: string | undefined) {
    super();
  }

  step(): void {
    this.apply(new Stepped('town', 1));
  }
}

const steps = new Map<string, number[]>();
const failsOnce = new Set<string>();
const seen: string[] = [];

@EventsHandler(Stepped)
@Subscription('native.count-steps', { startFrom: 'beginning' })
class CountSteps implements IEventHandler<Stepped> {
  async handle({ heroId, step }: Stepped): Promise<void> {
    if (failsOnce.delete(`${heroId} ${step}`)) throw new Error(`${heroId} stumbles`);
    // Longer for some than for others, as real handlers are.
    for (let n = 0; n < step % 3; n += 1) await new Promise((resolve) => setImmediate(resolve));
    steps.set(heroId, [...(steps.get(heroId) ?? []), step]);
  }
}

@EventsHandler(Happened)
@Subscription('native.tell-all', { startFrom: 'beginning' })
class TellAll implements IEventHandler<Happened> {
  handle(event: Happened): void {
    seen.push(`${event.constructor.name} ${event.what} ${event instanceof Happened}`);
  }
}

@EventsHandler(HeroRose)
@Subscription('native.tell-rises', { startFrom: 'beginning' })
class TellRises implements IEventHandler<HeroRose> {
  handle(event: HeroRose): void {
    seen.push(`rises: ${event.what}`);
  }
}

let db: FreshDatabase;
let toy: ToyApp;

beforeAll(async () => {
  db = await freshDatabase(import.meta.url);
  await createToyTables(db);
  toy = await ToyApp.start(db, { parts: { providers: [CountSteps, TellAll, TellRises] } });
});
afterAll(async () => {
  await toy.close();
  await db.drop();
});

const merged = <A extends IAggregateRoot>(aggregate: A): A => toy.get(EventPublisher).mergeObjectContext(aggregate);
const walk = (hero: Hero, ...numbers: number[]): Promise<unknown> =>
  toy.inCommand(() => {
    for (const step of numbers) merged(hero).step(step);
    hero.commit();
  });
const streamsOf = async (heroId: string): Promise<string[]> =>
  (
    await toy.rows<{ stream_id: string }>(
      `SELECT DISTINCT stream_id FROM kernel.events WHERE name = 'native.stepped' AND data->>'heroId' = $1`,
      heroId,
    )
  ).map(({ stream_id }) => stream_id);
const failures = (): UnhandledExceptionInfo<unknown>[] => {
  const found: UnhandledExceptionInfo<unknown>[] = [];
  toy.get(UnhandledExceptionBus).subscribe((info: UnhandledExceptionInfo<unknown>) => void found.push(info));
  return found;
};

describe('an AggregateRoot', () => {
  it('has its events in one stream, handled in the order of its commits', async () => {
    const id = newId();
    const numbers = Array.from({ length: 60 }, (_, n) => n);
    for (const step of numbers) await walk(new Hero(id), step);
    await settled(toy.app);
    expect(steps.get(id)).toEqual(numbers);
    expect(await streamsOf(id)).toEqual([`native.hero:${id}`]);
  });

  it('keeps that order when a handler fails at first', async () => {
    const id = newId();
    failsOnce.add(`${id} 1`);
    for (const step of [1, 2, 3]) await walk(new Hero(id), step);
    await eventually(async () => expect(steps.get(id)).toEqual([1, 2, 3]));
  });

  it('has the stream of its base class, also when merged as a class', async () => {
    const id = newId();
    await walk(new Wanderer(id), 1);
    await toy.inCommand(() => {
      const hero = new (toy.get(EventPublisher).mergeClassContext(Hero))(id);
      hero.step(2);
      hero.commit();
    });
    expect(await streamsOf(id)).toEqual([`native.hero:${id}`]);
  });

  it('is refused without a declared stream, and without an id', async () => {
    const commit = (aggregate: Nobody | Town | Mixed) => (): void => {
      merged(aggregate).step();
      aggregate.commit();
    };
    await expect(toy.inCommand(commit(new Nobody()))).rejects.toThrow(
      "Nobody has no stream, which keeps its events in order. Add @EventStream('<context>.<aggregate-in-kebab>')",
    );
    await expect(toy.inCommand(commit(new Mixed()))).rejects.toThrow('Mixed has no stream');
    await expect(toy.inCommand(commit(new Town(undefined)))).rejects.toThrow('Town has no id');
    await toy.inCommand(commit(new Town('7000')));
    expect(await streamsOf('town')).toEqual(['native.town:7000']);
    expect(() => EventStream('Hero')).toThrow("such as 'heroes.hero'");
  });
});

describe('an event of a subclass', () => {
  it('reaches the handlers of its base class, unless its own class has handlers, as natively', async () => {
    await toy.inCommand(() => toy.get(EventBus).publishAll([new HeroFell('Orm'), new HeroRose('Ida')]));
    await settled(toy.app);
    expect(seen.toSorted()).toEqual(['HeroFell Orm true', 'rises: Ida']);
  });
});

describe('an event that is published outside a command', () => {
  it('is stored when publish() resolves, and handled', async () => {
    const id = newId();
    await toy.get(EventBus).publish(new Stepped(id, 1));
    expect(await streamsOf(id)).toHaveLength(1);
    await settled(toy.app);
    expect(steps.get(id)).toEqual([1]);
  });

  it('keeps the order of its aggregate, though nothing waits for the commits', async () => {
    const id = newId();
    const hero = merged(new Hero(id));
    for (const step of [1, 2, 3, 4, 5, 6]) {
      hero.step(step);
      hero.commit();
    }
    await eventually(async () => expect(steps.get(id)).toEqual([1, 2, 3, 4, 5, 6]));
  });

  it('is reported where it can not be stored, to the caller, the log and the UnhandledExceptionBus', async () => {
    const found = failures();
    const event = new Stepped('a\u0000b', 1);
    await expect(toy.get(EventBus).publish(event)).rejects.toThrow('unsupported Unicode escape sequence');
    expect(found).toMatchObject([{ cause: event, exception: expect.any(Error) }]);
    expect(toy.said.join('\n')).toContain('Stepped was published outside a command and not stored');
  });
});

describe('a handler that fails', () => {
  it('is reported to the UnhandledExceptionBus for each try, with the event and the error', async () => {
    const found = failures();
    const id = newId();
    failsOnce.add(`${id} 1`);
    await walk(new Hero(id), 1);
    await eventually(async () => expect(steps.get(id)).toEqual([1]));
    expect(found).toEqual([{ cause: new Stepped(id, 1), exception: new Error(`${id} stumbles`) }]);
    expect(found[0]!.cause).toBeInstanceOf(Stepped);
  });
});
