import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { CheckAccess } from '#kernel';
import type { ChangedOrder } from '../contracts/changed-order.js';
import { OrderAccess } from '../storage/order-access.js';
import { OrderRepository, type OrderAddress } from '../storage/order.repository.js';

/** Gives a draft up. */
export class DiscardOrderCommand extends Command<ChangedOrder> {
  constructor(
    readonly order: OrderAddress,
    readonly discardedAt: string,
  ) {
    super();
  }
}

@CommandHandler(DiscardOrderCommand)
@CheckAccess(OrderAccess)
export class DiscardOrderHandler implements ICommandHandler<DiscardOrderCommand> {
  constructor(private readonly orders: OrderRepository) {}

  async execute({ order: address, discardedAt }: DiscardOrderCommand): Promise<ChangedOrder> {
    const order = await this.orders.loadFor(address);
    order.discard(discardedAt);
    return { id: order.id, status: 'discarded', version: await this.orders.save(order) };
  }
}
