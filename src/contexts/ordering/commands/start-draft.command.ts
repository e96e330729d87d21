import { Command, CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import type { Actor } from '#kernel/domain';
import type { ChangedOrder } from '../contracts/changed-order.js';
import { Order } from '../domain/order.js';
import { OrderRepository } from '../storage/order.repository.js';
import { assertKnownCustomer } from './known-customer.js';

/** Begins a draft for a customer. */
export class StartDraftCommand extends Command<ChangedOrder> {
  constructor(
    readonly order: {
      readonly orderId: string;
      readonly by: Actor;
      readonly customerId: string;
      readonly startedAt: string;
    },
  ) {
    super();
  }
}

@CommandHandler(StartDraftCommand)
export class StartDraftHandler implements ICommandHandler<StartDraftCommand> {
  constructor(
    private readonly orders: OrderRepository,
    private readonly queries: QueryBus,
  ) {}

  async execute({ order: { orderId, by, customerId, startedAt } }: StartDraftCommand): Promise<ChangedOrder> {
    await assertKnownCustomer(this.queries, { by, customerId });
    const order = new Order(orderId);
    order.start(customerId, startedAt);
    return { id: orderId, status: 'draft', version: await this.orders.save(order) };
  }
}
