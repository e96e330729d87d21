import { givenRows } from '#kernel/testing';
import {
  Cleared,
  Counted,
  CounterProjection,
  CounterSearchProjection,
  KindTotalsView,
  Noticed,
} from '../../../test/support/toys.js';

const row = { counterId: 'a', total: 3, kinds: ['red'], last: { by: 3 }, version: 1, position: 1 };

describe('given rows, when events come', () => {
  it('a row is what the fold makes of them, with the columns that the kernel fills', async () => {
    await givenRows(CounterSearchProjection)
      .whenEvents(new Counted('a', 1, 'red'), new Counted('a', 2, 'blue'))
      .thenRow({ counterId: 'a', total: 3, kinds: ['red', 'blue'], last: { by: 2 }, version: 2, position: 2 });
  });

  it('a row that is there is folded on, removed, and made again', async () => {
    const givenOne = givenRows(CounterSearchProjection, row);
    await givenOne.whenEvents(new Counted('a', 1)).thenRow({ total: 4, kinds: ['red', 'plain'] });
    await givenOne.whenEvents(new Cleared('a')).thenRow(undefined);
    await givenOne.whenEvents(new Cleared('a'), new Counted('a', 1)).thenRow({ total: 1, kinds: ['plain'] });
  });

  it('many rows are told by key, and events of others are passed over', async () => {
    await givenRows(CounterProjection)
      .whenEvents(new Counted('b', 1), new Noticed('x'), new Counted('a', 2))
      .thenRows({ counterId: 'a', total: 2 }, { counterId: 'b', total: 1 });
  });

  it('totals are what is added, and what is taken out again', async () => {
    await givenRows(CounterSearchProjection, row)
      .whenEvents(new Counted('a', 1, 'blue'), new Counted('b', 5, 'blue'))
      .thenTotals(
        KindTotalsView,
        { kind: 'blue', total: 9, counters: 2, label: 'b' },
        { kind: 'red', total: -3, counters: -1, label: 'a' },
      );
  });

  it('what the log knows of an event may be told with it', async () => {
    await givenRows(CounterSearchProjection)
      .whenEvents([new Counted('a', 1), { version: 7, position: 99 }])
      .thenRow({ version: 7, position: 99 });
  });

  it('each event may come twice, for folds that must not care', async () => {
    await givenRows(CounterProjection, { counterId: 'a', total: 1 })
      .whenEventsTwice(new Cleared('a'))
      .thenRow(undefined);
    const doubled = givenRows(CounterProjection).whenEventsTwice(new Counted('a', 1));
    await expect(doubled.thenRow({ total: 1 })).rejects.toThrow('toEqual');
  });
});

describe('a wrong expectation', () => {
  const folded = () => givenRows(CounterProjection).whenEvents(new Counted('a', 1));

  it.each<[string, () => Promise<void>]>([
    ['another row', () => folded().thenRow({ total: 2 })],
    ['no row', () => folded().thenRow(undefined)],
    ['more rows', () => folded().thenRows({ total: 1 }, { total: 1 })],
  ])('fails: %s', async (_, expectation) => {
    await expect(expectation()).rejects.toThrow('toEqual');
  });

  it('a class that is no projection is named', async () => {
    const folding = givenRows(Counted).whenEvents(new Counted('a', 1)).thenRow(undefined);
    await expect(folding).rejects.toThrow('Counted is no projection. Give it @Projection');
  });
});
