import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { CheckAccess } from '#kernel';
import type { DeliveryAddress, MoneyJson } from '#shared';
import type { ChangedOrder } from '../contracts/changed-order.js';
import { OrderAccess } from '../storage/order-access.js';
import { OrderPersonalData } from '../storage/order-personal-data.js';
import { OrderRepository, type OrderAddress } from '../storage/order.repository.js';

/** Says where a draft goes, and what that costs the customer. */
export class SetDeliveryCommand extends Command<ChangedOrder> {
  constructor(
    readonly order: OrderAddress,
    readonly delivery: { readonly shipTo: DeliveryAddress; readonly shippingFee: MoneyJson | null },
  ) {
    super();
  }
}

@CommandHandler(SetDeliveryCommand)
@CheckAccess(OrderAccess)
export class SetDeliveryHandler implements ICommandHandler<SetDeliveryCommand> {
  constructor(
    private readonly orders: OrderRepository,
    private readonly personalData: OrderPersonalData,
  ) {}

  async execute({ order: address, delivery: { shipTo, shippingFee } }: SetDeliveryCommand): Promise<ChangedOrder> {
    const order = await this.orders.loadFor(address);
    order.setDelivery(shippingFee);
    this.personalData.put(order.id, { shipTo });
    return { id: order.id, status: 'draft', version: await this.orders.save(order) };
  }
}
