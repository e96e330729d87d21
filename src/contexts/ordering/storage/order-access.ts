import { Injectable } from '@nestjs/common';
import { StreamReader, type AccessCheck } from '#kernel';
import { NotFound, type Actor } from '#kernel/domain';
import { OrderPlaced, OrderStarted } from '../contracts/ordering.events.js';

/** A message about an order, and on whose behalf it is sent. */
export interface OrderMessage {
  readonly order: { readonly orderId: string; readonly by: Actor };
}

/**
 * Customers reach their own orders only. Whose an order is stands in its first event and never changes, so one row is
 * read, however long the order's history is, and none for an order that doesn't exist. Staff and services reach every
 * order of their tenant; streams are read by tenant.
 */
@Injectable()
export class OrderAccess implements AccessCheck<OrderMessage> {
  constructor(private readonly streams: StreamReader) {}

  async assertAccess({ order: { orderId, by } }: OrderMessage): Promise<void> {
    if (by.type !== 'customer') return;
    const [first] = await this.streams.events(`ordering.order:${orderId}`, { limit: 1 });
    if (customerOf(first) !== by.id) throw new NotFound(`There is no order ${orderId}.`);
  }
}

function customerOf(first: object | undefined): string | undefined {
  return first instanceof OrderStarted || first instanceof OrderPlaced ? first.customerId : undefined;
}
