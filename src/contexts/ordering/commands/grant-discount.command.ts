import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { CheckAccess } from '#kernel';
import type { ChangedOrder } from '../contracts/changed-order.js';
import type { Discount } from '../domain/placing.js';
import { OrderAccess } from '../storage/order-access.js';
import { OrderRepository, type OrderAddress } from '../storage/order.repository.js';

/** The changed draft, and which discount is new on it. */
export interface DiscountGrantedOn extends ChangedOrder {
  readonly discountId: string;
}

/** Takes an amount off the whole of a draft. For staff. */
export class GrantDiscountCommand extends Command<DiscountGrantedOn> {
  constructor(
    readonly order: OrderAddress,
    readonly discount: Discount,
  ) {
    super();
  }
}

@CommandHandler(GrantDiscountCommand)
@CheckAccess(OrderAccess)
export class GrantDiscountHandler implements ICommandHandler<GrantDiscountCommand> {
  constructor(private readonly orders: OrderRepository) {}

  async execute({ order: address, discount }: GrantDiscountCommand): Promise<DiscountGrantedOn> {
    const order = await this.orders.loadFor(address);
    order.grantDiscount(discount);
    return { id: order.id, status: 'draft', version: await this.orders.save(order), discountId: discount.discountId };
  }
}
