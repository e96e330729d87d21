import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { CheckAccess } from '#kernel';
import type { ChangedOrder } from '../contracts/changed-order.js';
import { OrderAccess } from '../storage/order-access.js';
import { OrderRepository, type OrderAddress } from '../storage/order.repository.js';

/** Takes a line out of a draft. */
export class RemoveLineCommand extends Command<ChangedOrder> {
  constructor(
    readonly order: OrderAddress,
    readonly lineId: string,
  ) {
    super();
  }
}

@CommandHandler(RemoveLineCommand)
@CheckAccess(OrderAccess)
export class RemoveLineHandler implements ICommandHandler<RemoveLineCommand> {
  constructor(private readonly orders: OrderRepository) {}

  async execute({ order: address, lineId }: RemoveLineCommand): Promise<ChangedOrder> {
    const order = await this.orders.loadFor(address);
    order.removeLine(lineId);
    return { id: order.id, status: 'draft', version: await this.orders.save(order) };
  }
}
