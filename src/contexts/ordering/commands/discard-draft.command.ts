import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { CheckAccess } from '#kernel';
import type { ChangedOrder } from '../contracts/changed-order.js';
import { OrderAccess } from '../storage/order-access.js';
import { OrderRepository, type OrderAddress } from '../storage/order.repository.js';

/** Gives a draft up. */
export class DiscardDraftCommand extends Command<ChangedOrder> {
  constructor(
    readonly order: OrderAddress,
    readonly discardedAt: string,
  ) {
    super();
  }
}

@CommandHandler(DiscardDraftCommand)
@CheckAccess(OrderAccess)
export class DiscardDraftHandler implements ICommandHandler<DiscardDraftCommand> {
  constructor(private readonly orders: OrderRepository) {}

  async execute({ order: address, discardedAt }: DiscardDraftCommand): Promise<ChangedOrder> {
    const order = await this.orders.loadFor(address);
    order.discard(discardedAt);
    return { id: order.id, status: 'discarded', version: await this.orders.save(order) };
  }
}
