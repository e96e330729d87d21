import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { CheckAccess } from '#kernel';
import type { BillingAddress, DeliveryAddress, MoneyJson } from '#shared';
import type { ChangedOrder } from '../contracts/changed-order.js';
import { OrderAccess } from '../storage/order-access.js';
import { FirstOrderRegistration } from './first-order-registration.js';
import { OrderPersonalData } from '../storage/order-personal-data.js';
import { OrderRepository, type OrderAddress } from '../storage/order.repository.js';

/** Where a draft goes, where its invoice goes, and what delivery costs the customer. */
export interface Delivery {
  readonly shipTo: DeliveryAddress;
  /** Left out: the invoice goes where the goods go. */
  readonly billTo?: BillingAddress | undefined;
  readonly shippingFee: MoneyJson | null;
}

/** Sets the delivery of a draft, all of it. */
export class SetDeliveryCommand extends Command<ChangedOrder> {
  constructor(
    readonly order: OrderAddress,
    readonly delivery: Delivery,
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
    private readonly registration: FirstOrderRegistration,
  ) {}

  async execute({ order: address, delivery }: SetDeliveryCommand): Promise<ChangedOrder> {
    const order = await this.orders.loadFor(address);
    const { shipTo, billTo, shippingFee } = delivery;
    order.setDelivery(shippingFee);
    this.personalData.put(order.id, { shipTo, billTo });
    const { state } = order;
    if (state.status === 'draft') await this.registration.ensureCustomer(address.by, state.customerId, shipTo.name);
    return { id: order.id, status: 'draft', version: await this.orders.save(order) };
  }
}
