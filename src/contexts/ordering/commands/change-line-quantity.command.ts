import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { CheckAccess } from '#kernel';
import type { ChangedOrder } from '../contracts/changed-order.js';
import { OrderAccess } from '../storage/order-access.js';
import { OrderRepository, type OrderAddress } from '../storage/order.repository.js';

/** Asks for another quantity on a line of a draft. */
export class ChangeLineQuantityCommand extends Command<ChangedOrder> {
  constructor(
    readonly order: OrderAddress,
    readonly line: { readonly lineId: string; readonly quantity: number },
  ) {
    super();
  }
}

@CommandHandler(ChangeLineQuantityCommand)
@CheckAccess(OrderAccess)
export class ChangeLineQuantityHandler implements ICommandHandler<ChangeLineQuantityCommand> {
  constructor(private readonly orders: OrderRepository) {}

  async execute({ order: address, line: { lineId, quantity } }: ChangeLineQuantityCommand): Promise<ChangedOrder> {
    const order = await this.orders.loadFor(address);
    order.changeLineQuantity(lineId, quantity);
    return { id: order.id, status: 'draft', version: await this.orders.save(order) };
  }
}
