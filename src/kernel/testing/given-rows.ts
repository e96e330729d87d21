import type { Type } from '@nestjs/common';
import type { FoldedRows, GivenEvent } from './fold-rows.js';

/** The last step; each must be awaited. */
interface RowsOutcome {
  /** The one row that there is now; undefined for none. The kernel's own columns (version, position, eventId) may be left out. */
  thenRow(expected: object | undefined): Promise<void>;
  /** All rows, by key. */
  thenRows(...expected: readonly object[]): Promise<void>;
  /** What was added to a totals table, by key; sums that came to nothing are left out. */
  thenTotals(view: Type<object>, ...expected: readonly object[]): Promise<void>;
}

interface GivenRows {
  whenEvents(...events: readonly GivenEvent[]): RowsOutcome;
  /** Each event twice in a row: for a fold whose rows must not care. */
  whenEventsTwice(...events: readonly GivenEvent[]): RowsOutcome;
}

/**
 * What a projection makes of events, by the kernel's own fold, without a database.
 *
 * ```ts
 * await givenRows(OrderSummaryProjection).whenEvents(started, placed).thenRow({ orderId, status: 'placed' });
 * await givenRows(OrderSummaryProjection, placedRow).whenEvents(discarded).thenRow(undefined);
 * ```
 */
export function givenRows(projection: Type<object>, ...rows: readonly object[]): GivenRows {
  const tell = (events: readonly GivenEvent[]): RowsOutcome =>
    outcomeOf(async () => {
      const { foldRows } = await import('./fold-rows.js');
      return foldRows(projection, rows, events);
    });
  return {
    whenEvents: (...events) => tell(events),
    whenEventsTwice: (...events) => tell(events.flatMap((event) => [event, event])),
  };
}

function outcomeOf(fold: () => Promise<FoldedRows>): RowsOutcome {
  const expectRows = async (expected: readonly object[]): Promise<void> => {
    const { rows } = await fold();
    expect(rows).toEqual(expected.map((row) => expect.objectContaining(row) as object));
  };
  return {
    thenRow: (expected) => expectRows(expected === undefined ? [] : [expected]),
    thenRows: (...expected) => expectRows(expected),
    thenTotals: async (view, ...expected) => {
      const { totals } = await fold();
      expect(totals.get(view)).toEqual(expected);
    },
  };
}
