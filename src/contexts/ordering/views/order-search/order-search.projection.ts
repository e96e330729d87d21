import { Projection } from '#kernel';
import { On, type EventMeta } from '#kernel/domain';
import { searchText } from '#shared';
import {
  DeliverySet,
  DiscountGranted,
  DiscountRemoved,
  LineAdded,
  LineQuantityChanged,
  LineRemoved,
  OrderDiscarded,
  OrderPlaced,
  OrderStarted,
} from '../../contracts/ordering.events.js';
import { OrderSearchView, type DraftMemory } from './order-search.view.js';

/** Wider than any number gets. */
const NUMBER_WIDTH = 24;
/** Before any order, and not the year's first day: west of Greenwich that one is still before Christ. */
const NEVER_PLACED = '0001-12-31T00:00:00.000Z';

type Row = Readonly<OrderSearchView>;

/** Folds an order into the one row that lists find it by. */
@Projection({ name: 'ordering.order-search', version: 1, mode: 'async', view: OrderSearchView })
export class OrderSearchProjection {
  @On(OrderStarted)
  started(_: Row | undefined, { orderId, customerId }: OrderStarted, meta: EventMeta): Row {
    return {
      orderId,
      tenant: meta.tenant,
      number: null,
      numberKey: '',
      externalNumber: null,
      customerId,
      status: 'draft',
      currency: null,
      total: 0,
      units: 0,
      placedAt: null,
      placedKey: NEVER_PLACED,
      updatedAt: meta.occurredAt,
      skus: [],
      searchText: '',
      draft: { lines: [], fee: null, discount: 0 },
    };
  }

  @On(LineAdded)
  lineAdded(row: Row, { line }: LineAdded, meta: EventMeta): Row {
    const { lineId, sku, name, quantity, total, currency } = line;
    const added = { lineId, sku, name, quantity, total, currency };
    return drafted(row, meta, ({ lines }) => ({ lines: [...lines, added] }));
  }

  @On(LineQuantityChanged)
  lineQuantityChanged(row: Row, changed: LineQuantityChanged, meta: EventMeta): Row {
    const { lineId, quantity, total } = changed;
    return drafted(row, meta, ({ lines }) => ({
      lines: lines.map((line) => (line.lineId === lineId ? { ...line, quantity, total } : line)),
    }));
  }

  @On(LineRemoved)
  lineRemoved(row: Row, { lineId }: LineRemoved, meta: EventMeta): Row {
    return drafted(row, meta, ({ lines }) => ({ lines: lines.filter((line) => line.lineId !== lineId) }));
  }

  @On(DeliverySet)
  deliverySet(row: Row, { shippingFee }: DeliverySet, meta: EventMeta): Row {
    return drafted(row, meta, () => ({ fee: shippingFee }));
  }

  @On(DiscountGranted)
  discountGranted(row: Row, { amount }: DiscountGranted, meta: EventMeta): Row {
    return drafted(row, meta, ({ discount }) => ({ discount: discount + amount }));
  }

  @On(DiscountRemoved)
  discountRemoved(row: Row, { amount }: DiscountRemoved, meta: EventMeta): Row {
    return drafted(row, meta, ({ discount }) => ({ discount: discount - amount }));
  }

  @On(OrderPlaced)
  placed(_: Row | undefined, event: OrderPlaced, { tenant, occurredAt }: EventMeta): Row {
    const { orderId, number, externalNumber, customerId, currency, lines, totals, placedAt } = event;
    return {
      orderId,
      tenant,
      number,
      numberKey: number.padStart(NUMBER_WIDTH),
      externalNumber,
      customerId,
      status: 'placed',
      currency,
      total: totals.grand,
      placedAt,
      placedKey: placedAt,
      updatedAt: occurredAt,
      draft: null,
      ...goods(lines, [number, externalNumber]),
    };
  }

  @On(OrderDiscarded)
  discarded(row: Row, _: OrderDiscarded, { occurredAt }: EventMeta): Row {
    return { ...row, status: 'discarded', draft: null, updatedAt: occurredAt };
  }
}

/** The row of a draft after a change of what it remembers. */
function drafted(row: Row, { occurredAt }: EventMeta, change: (draft: DraftMemory) => Partial<DraftMemory>): Row {
  const draft = { ...row.draft!, ...change(row.draft!) };
  const { lines, fee, discount } = draft;
  const total = lines.reduce((sum, line) => sum + line.total, 0) + (fee?.amount ?? 0) - discount;
  const currency = lines[0]?.currency ?? fee?.currency ?? null;
  return { ...row, draft, currency, total, updatedAt: occurredAt, ...goods(lines, []) };
}

/** What an order is found by because of its goods (and numbers), and how many they are. */
function goods(
  lines: readonly { sku: string; name: string; quantity: number }[],
  numbers: readonly (string | null)[],
): Pick<Row, 'skus' | 'searchText' | 'units'> {
  const skus = [...new Set(lines.map(({ sku }) => sku))];
  const names = new Set(lines.map(({ name }) => name));
  const units = lines.reduce((sum, { quantity }) => sum + quantity, 0);
  return { skus, units, searchText: searchText(...numbers, ...skus, ...names) };
}
