import { Injectable, Module, type Provider } from '@nestjs/common';
import { CommandHandler, CqrsModule, QueryHandler, Saga, type ICommandHandler, type IQueryHandler } from '@nestjs/cqrs';
import { EMPTY, type Observable } from 'rxjs';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import { DurableEvent, On } from '#kernel/domain';
import { createToyTables, ToyApp, type ToyParts } from '../../test/support/toy-app.js';
import {
  Counted,
  CounterProjection,
  CounterSearchProjection,
  CounterSearchView,
  CounterView,
  KindTotalsView,
} from '../../test/support/toys.js';
import { Projection, totals } from './projections/projection.decorator.js';
import { freshDatabase, type FreshDatabase } from '../platform/testing/databases.js';

let db: FreshDatabase;

beforeAll(async () => {
  db = await freshDatabase(import.meta.url);
  await createToyTables(db);
});
afterAll(() => db.drop());

/** Starts and stops again: what matters is whether the start throws. */
async function starting(parts: ToyParts): Promise<void> {
  const toy = await ToyApp.start(db, { parts });
  await toy.close();
}

class PokeCommand {}
class PeekQuery {}

@CommandHandler(PokeCommand)
class PokeHandler implements ICommandHandler<PokeCommand> {
  execute(): Promise<void> {
    return Promise.resolve();
  }
}

@CommandHandler(PokeCommand)
class OtherPokeHandler extends PokeHandler {}

@QueryHandler(PeekQuery)
class PeekHandler implements IQueryHandler<PeekQuery> {
  execute(): Promise<number> {
    return Promise.resolve(1);
  }
}

@QueryHandler(PeekQuery)
class OtherPeekHandler extends PeekHandler {}

@Injectable()
class Countdown {
  @Saga()
  readonly run = (_events: Observable<object>): Observable<never> => EMPTY;
}

@Module({ imports: [CqrsModule], providers: [PokeHandler] })
class CarelessModule {}

const views = { entities: [CounterView, CounterSearchView, KindTotalsView] };

describe('a start with handlers', () => {
  it('takes one class once, provided twice and under an alias', async () => {
    const alias: Provider = { provide: 'alias', useExisting: PokeHandler };
    const factory: Provider = { provide: 'made', useFactory: () => new PokeHandler() };
    @Module({ providers: [PokeHandler, PeekHandler] })
    class SecondModule {}
    const providers = [PokeHandler, PeekHandler, alias, factory];
    await expect(starting({ providers, imports: [SecondModule] })).resolves.toBeUndefined();
  });

  it.each<[string, Provider[], string]>([
    ['command', [PokeHandler, OtherPokeHandler], 'PokeCommand has two handlers, PokeHandler and OtherPokeHandler'],
    ['query', [PeekHandler, OtherPeekHandler], 'PeekQuery has two handlers, PeekHandler and OtherPeekHandler'],
  ])('is refused when one %s has two', async (_, providers, text) => {
    await expect(starting({ providers })).rejects.toThrow(text);
  });

  it.each<[string, Provider]>([
    ['a class', Countdown],
    ['a factory', { provide: 'countdown', useFactory: () => new Countdown() }],
    ['a value', { provide: 'countdown', useValue: new Countdown() }],
  ])('is refused with a @Saga, until they are run: %s', async (_, provider) => {
    await expect(starting({ providers: [provider] })).rejects.toThrow('@Saga Countdown would not be run: this release');
  });

  it('is refused when a module brings the native, in-memory buses along', async () => {
    await expect(starting({ imports: [CarelessModule] })).rejects.toThrow(
      'CarelessModule would work with the native, in-memory buses of CqrsModule. Import DurableCqrsModule.forRoot() once',
    );
    await expect(starting({ imports: [CqrsModule.forRoot()] })).rejects.toThrow(
      'Whatever imports CqrsModule.forRoot() would work with the native',
    );
  });
});

describe('a start with projections', () => {
  it('takes one class once', async () => {
    @Module({ providers: [CounterProjection] })
    class SecondModule {}
    const providers = [CounterProjection];
    await expect(starting({ ...views, providers, imports: [SecondModule] })).resolves.toBeUndefined();
  });

  it('is refused when two have one name', async () => {
    @Projection({ name: 'toy.counters', version: 1, mode: 'async', view: CounterSearchView })
    class NamesakeProjection extends CounterSearchProjection {}
    await expect(starting({ ...views, providers: [CounterProjection, NamesakeProjection] })).rejects.toThrow(
      'Two projections are called toy.counters: CounterProjection and NamesakeProjection',
    );
  });

  it('is refused when an inline one has a composite key: its row would have many writers', async () => {
    @Entity({ schema: 'toy_read', name: 'pairs' })
    class PairView {
      @PrimaryColumn('text') counterId!: string;
      @PrimaryColumn('text') kind!: string;
      @Column('int') version!: number;
    }
    @Projection({ name: 'toy.pairs', version: 1, mode: 'inline', stream: 'toy.counter', view: PairView })
    class PairProjection {
      @On(Counted)
      counted(_: PairView | undefined, { counterId, kind }: Counted): Partial<PairView> {
        return { counterId, kind };
      }
    }
    await expect(starting({ entities: [PairView], providers: [PairProjection] })).rejects.toThrow(
      "PairProjection is inline, but its rows aren't one per stream. Give PairView a single primary column",
    );
  });

  it.each([
    ['does not say whose rows it has', undefined],
    ['names a stream instead of its prefix', 'toy.counter:1'],
    ['names a context alone', 'toy'],
  ])('is refused when an inline one %s', async (_, stream) => {
    @Projection({ name: 'toy.whose', version: 1, mode: 'inline', view: CounterView, ...(stream && { stream }) })
    class WhoseProjection extends CounterProjection {}
    await expect(starting({ ...views, providers: [WhoseProjection] })).rejects.toThrow(
      "WhoseProjection is inline: name the stream of its rows by stream: '<context>.<aggregate>'",
    );
  });

  it('is refused when an async one says whose rows it has, since it takes the events of every stream', async () => {
    @Projection({ name: 'toy.all', version: 1, mode: 'async', stream: 'toy.counter', view: CounterSearchView })
    class AllProjection extends CounterSearchProjection {}
    await expect(starting({ ...views, providers: [AllProjection] })).rejects.toThrow(
      "AllProjection is async: it takes the events of every stream. Remove stream: 'toy.counter'.",
    );
  });

  it('is refused when the view of an inline one has no version to be compared', async () => {
    @Entity({ schema: 'toy_read', name: 'unversioned' })
    class UnversionedView {
      @PrimaryColumn('text') counterId!: string;
    }
    @Projection({ name: 'toy.unversioned', version: 1, mode: 'inline', stream: 'toy.counter', view: UnversionedView })
    class UnversionedProjection {
      @On(Counted)
      counted(_: UnversionedView | undefined, { counterId }: Counted): UnversionedView {
        return { counterId };
      }
    }
    await expect(starting({ entities: [UnversionedView], providers: [UnversionedProjection] })).rejects.toThrow(
      'UnversionedProjection is inline, but UnversionedView has no column version.',
    );
  });

  it('is refused when an inline one chooses its rows itself', async () => {
    @Projection({ name: 'toy.chosen', version: 1, mode: 'inline', stream: 'toy.counter', view: CounterView })
    class ChosenProjection extends CounterProjection {
      keys(): object[] {
        return [{ counterId: 'all' }];
      }
    }
    await expect(starting({ ...views, providers: [ChosenProjection] })).rejects.toThrow('ChosenProjection is inline');
  });

  it('is refused when an inline one has totals, which many streams would write', async () => {
    @Projection({
      name: 'toy.summed',
      version: 1,
      mode: 'inline',
      stream: 'toy.counter',
      view: CounterView,
      totals: [totals<CounterView>({ view: KindTotalsView, contribute: () => [] })],
    })
    class SummedProjection extends CounterProjection {}
    await expect(starting({ ...views, providers: [SummedProjection] })).rejects.toThrow(
      'SummedProjection is inline and has totals',
    );
  });

  it('is refused when one reacts to nothing', async () => {
    @Projection({ name: 'toy.deaf', version: 1, mode: 'async', view: CounterSearchView })
    class DeafProjection {}
    await expect(starting({ ...views, providers: [DeafProjection] })).rejects.toThrow(
      'DeafProjection reacts to no event. Mark its folds with @On(EventClass)',
    );
  });

  it('is refused when the table of one is not known', async () => {
    class UnknownView extends CounterView {}
    @Projection({ name: 'toy.unknown', version: 1, mode: 'async', view: UnknownView })
    class UnknownProjection extends CounterProjection {}
    await expect(starting({ providers: [UnknownProjection] })).rejects.toThrow(
      'UnknownView is no entity of the read side. Add it to TypeOrmModule.forFeature',
    );
  });

  it('is refused when one reacts to an event without a permanent name', async () => {
    class Nameless {}
    @Projection({ name: 'toy.nameless', version: 1, mode: 'async', view: CounterSearchView })
    class NamelessProjection {
      @On(Nameless)
      seen(): undefined {
        return undefined;
      }
    }
    await expect(starting({ ...views, providers: [NamelessProjection] })).rejects.toThrow(
      'Nameless has no permanent name. Add @DurableEvent',
    );
  });
});

describe('a start with events', () => {
  it('is refused when two classes have one name', async () => {
    // Whatever is declared once is known from then on: this must stay the last test of the file.
    @DurableEvent('toy.counted', 1)
    class CountedAgain {}
    await expect(starting({})).rejects.toThrow(
      `Two event classes are called toy.counted: Counted and ${CountedAgain.name}`,
    );
  });
});
