import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { CheckAccess } from '#kernel';
import type { ChangedOrder } from '../contracts/changed-order.js';
import { OrderAccess } from '../storage/order-access.js';
import { OrderRepository, type OrderAddress } from '../storage/order.repository.js';

/** Takes a discount on a draft back. For staff. */
export class RemoveDiscountCommand extends Command<ChangedOrder> {
  constructor(
    readonly order: OrderAddress,
    readonly discountId: string,
  ) {
    super();
  }
}

@CommandHandler(RemoveDiscountCommand)
@CheckAccess(OrderAccess)
export class RemoveDiscountHandler implements ICommandHandler<RemoveDiscountCommand> {
  constructor(private readonly orders: OrderRepository) {}

  async execute({ order: address, discountId }: RemoveDiscountCommand): Promise<ChangedOrder> {
    const order = await this.orders.loadFor(address);
    order.removeDiscount(discountId);
    return { id: order.id, status: 'draft', version: await this.orders.save(order) };
  }
}
