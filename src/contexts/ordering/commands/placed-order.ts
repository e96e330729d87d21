import type { PlacedOrder } from '../contracts/place-order.js';
import type { Placed } from '../domain/order-state.js';

/** The result for the caller who placed an order. */
export function placedOrder(id: string, version: number, { number, totals, currency }: Placed): PlacedOrder {
  return { id, number, status: 'placed', version, total: { amount: totals.grand, currency } };
}
