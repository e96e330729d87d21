import type { OrderStatus } from './get-order-summary.js';

/** What a command that acts on an order answers. */
export interface ChangedOrder {
  readonly id: string;
  readonly status: OrderStatus;
  readonly version: number;
}
