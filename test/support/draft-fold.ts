import { groups } from './ledger-groups.js';
import { sumsOf, type Goods } from './ledger-fold.js';
import type { Facts, Row, StoredEvent, ViewName } from './ledger-facts.js';

interface DraftLine extends Goods {
  readonly lineId: string;
  readonly name: string;
  readonly currency: string;
}

/** A draft as its events tell it, one after the other. */
interface Draft {
  readonly last: StoredEvent;
  readonly position: number;
  readonly orderId: string;
  readonly customerId: string;
  readonly status: 'draft' | 'discarded' | 'placed';
  readonly lines: readonly DraftLine[];
  readonly fee: { readonly amount: number; readonly currency: string } | null;
}

/**
 * What the views must hold about orders that began as drafts, besides what {@link naiveFold} says of those that were
 * placed: the same simplest way, sharing no code with the projections.
 */
export function foldOfDrafts({ events, log }: Facts): Partial<Record<ViewName, Row[]>> {
  const positions = new Map(log.map(({ eventId, position }) => [eventId, position]));
  const began = new Set(events.filter(({ name }) => name === 'ordering.order-started').map(({ stream }) => stream));
  const mine = events.filter(({ stream }) => began.has(stream));
  const drafts = [...groups(mine, ({ stream }) => stream).values()].map((of) => draftOf(of, positions));
  const open = drafts.filter(({ status }) => status !== 'placed');
  return {
    summary: open.map(summaryOf),
    search: open.map(searchOf),
    timeline: mine
      .filter(({ name }) => name !== 'ordering.order-placed')
      .map((event) => stepOf(event, positions.get(event.id) ?? 0)),
  };
}

function draftOf(events: readonly StoredEvent[], positions: ReadonlyMap<number, number>): Draft {
  const inOrder = events.toSorted((a, b) => a.version - b.version);
  const last = inOrder.at(-1)!;
  const named = (name: string): StoredEvent[] => inOrder.filter((event) => event.name === `ordering.${name}`);
  const { orderId, customerId } = inOrder[0]!.data as { orderId: string; customerId: string };
  const discarded = named('order-discarded').length > 0;
  const fee = named('delivery-set').at(-1)?.data['shippingFee'] as Draft['fee'] | undefined;
  return {
    last,
    position: positions.get(last.id) ?? 0,
    orderId,
    customerId,
    status: named('order-placed').length > 0 ? 'placed' : discarded ? 'discarded' : 'draft',
    lines: named('line-added').map(({ data }) => data['line'] as DraftLine),
    fee: fee ?? null,
  };
}

function headOf({ orderId, customerId, status, lines, fee }: Draft): Row {
  return {
    order_id: orderId,
    number: null,
    external_number: null,
    customer_id: customerId,
    status,
    currency: lines[0]?.currency ?? fee?.currency ?? null,
    placed_at: null,
  };
}

function summaryOf(draft: Draft): Row {
  const lines = draft.lines.map((line) => {
    const { lineId, sku, name, unitPrice, quantity, discountPercent } = line;
    const { gross, discount, net } = sumsOf([line]);
    const quantities = { ordered: quantity, reserved: 0, backordered: 0, cancelled: 0, shipped: 0, returned: 0 };
    return { lineId, sku, name, unitPrice, discountPercent, gross, discount, total: net, quantities };
  });
  const { version, id: event_id } = draft.last;
  const shipping = draft.fee?.amount ?? 0;
  return { ...headOf(draft), order_discount: 0, shipping, tax: 0, version, event_id, lines };
}

function searchOf(draft: Draft): Row {
  const { net, units } = sumsOf(draft.lines);
  const skus = [...new Set(draft.lines.map(({ sku }) => sku))];
  const total = net + (draft.fee?.amount ?? 0);
  return { ...headOf(draft), total, units, skus, version: draft.last.version, position: draft.position };
}

function stepOf({ name, version, occurredAt, data }: StoredEvent, position: number): Row {
  const { orderId, startedAt, discardedAt, line, shippingFee } = data as Record<string, unknown> & { line?: DraftLine };
  const params =
    line !== undefined
      ? { lineId: line.lineId, sku: line.sku, name: line.name, quantity: line.quantity }
      : shippingFee !== undefined
        ? { shippingFee }
        : {};
  return { order_id: orderId, version, type: name, at: startedAt ?? discardedAt ?? occurredAt, params, position };
}
