import { statesOf } from '../../../../../test/support/fold.js';
import {
  delivered,
  discarded,
  discountRemoved,
  discounted,
  mugAdded,
  noon,
  orderId,
  placed,
  placement,
  started,
  teeAdded,
  teeRemoved,
  threeMugs,
} from '../../../../../test/support/ordering-story.js';
import { OrderPlaced } from '../../contracts/ordering.events.js';
import { OrderSearchProjection } from './order-search.projection.js';
import type { OrderSearchView } from './order-search.view.js';

const fold = (...events: object[]) => statesOf<OrderSearchView>(new OrderSearchProjection(), events).at(-1);

describe('an order in lists', () => {
  it('is found by what was ordered and by its number', () => {
    expect(fold(placed)).toEqual({
      orderId,
      tenant: 'default',
      number: 'SO-1001',
      numberKey: '                 SO-1001',
      externalNumber: null,
      customerId: 'ada',
      status: 'placed',
      currency: 'EUR',
      total: 3998,
      units: 2,
      placedAt: noon,
      placedKey: noon,
      updatedAt: '2026-11-23T12:01:00.000Z',
      skus: ['TEE-BLK'],
      searchText: 'so-1001\ntee-blk\nblack tee',
      draft: null,
    });
  });

  it('is found by its number in the system it came from', () => {
    expect(fold(new OrderPlaced({ ...placement, externalNumber: '10248' }))?.searchText).toContain('\n10248\n');
  });

  it('sorts by number as a number', () => {
    const keyOf = (number: string) => fold(new OrderPlaced({ ...placement, number }))!.numberKey;
    expect(['SO-10000', 'SO-999', 'SO-1001'].toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))).toEqual([
      'SO-999',
      'SO-1001',
      'SO-10000',
    ]);
  });

  it('counts and totals a draft while it is edited', () => {
    const states = statesOf<OrderSearchView>(new OrderSearchProjection(), [
      started,
      teeAdded,
      mugAdded,
      threeMugs,
      delivered,
      discounted,
      teeRemoved,
      discountRemoved,
    ]);
    expect(states.map((row) => [row!.units, row!.total])).toEqual([
      [0, 0],
      [2, 3998],
      [3, 4763],
      [5, 6293],
      [5, 6788],
      [5, 6288],
      [3, 2290],
      [3, 2790],
    ]);
    expect(states.at(-1)).toMatchObject({
      currency: 'EUR',
      skus: ['MUG'],
      searchText: 'mug\nmug a cafe',
      placedAt: null,
    });
  });

  it('forgets how it was put together once it is placed or discarded', () => {
    expect(fold(started, teeAdded, placed)?.draft).toBeNull();
    expect(fold(started, teeAdded, discarded)).toMatchObject({ status: 'discarded', draft: null, total: 3998 });
  });
});
