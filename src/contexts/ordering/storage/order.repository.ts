import { Injectable } from '@nestjs/common';
import { EventSourcedRepository } from '#kernel';
import { VersionMismatch, type Actor } from '#kernel/domain';
import { Order } from '../domain/order.js';

/** An order and the actor: what every command that acts on an order names. */
export interface OrderAddress {
  readonly orderId: string;
  readonly by: Actor;
  /** The version the caller has seen (If-Match); left out: decided on whatever is current. */
  readonly ifVersion?: number | undefined;
}

/** Orders as streams `ordering.order:<id>`. */
@Injectable()
export class OrderRepository extends EventSourcedRepository<Order> {
  protected override readonly streamPrefix = 'ordering.order';

  protected override create(id: string): Order {
    return new Order(id);
  }

  /**
   * Loads an order for an actor. Absent and foreign are refused in the same words, and before the version is compared:
   * the refusal must not reveal a foreign order's version.
   *
   * @throws NotFound when it is absent or not theirs; VersionMismatch
   */
  async loadFor({ orderId, by, ifVersion }: OrderAddress): Promise<Order> {
    const order = (await this.find(orderId)) ?? this.create(orderId);
    order.assertVisibleTo(by);
    if (ifVersion !== undefined && ifVersion !== order.storedVersion) throw new VersionMismatch(order.storedVersion);
    return order;
  }
}
