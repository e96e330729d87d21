import { Command, CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import { CheckAccess } from '#kernel';
import { DurableCommand } from '#kernel/domain';
import { GetProductsForSaleQuery } from '#catalog/contracts';
import type { MoneyJson } from '#shared';
import type { ShortagePolicy } from '../contracts/order-line.js';
import type { PlacedOrder } from '../contracts/place-order.js';
import type { Order } from '../domain/order.js';
import { OrderAccess } from '../storage/order-access.js';
import { OrderNumbers } from '../storage/order-numbers.js';
import { OrderPersonalData } from '../storage/order-personal-data.js';
import { OrderRepository, type OrderAddress } from '../storage/order.repository.js';
import { placedOrder } from './placed-order.js';

export interface DraftPlacement {
  /** What the customer was shown; refused with a fresh quote if the draft comes to anything else by now. */
  readonly expectedTotal?: MoneyJson | undefined;
  /** A gateway's token, never a card. */
  readonly paymentMethodToken?: string | undefined;
  /** The customer's note about the order. */
  readonly note?: string | undefined;
  readonly shortagePolicy: ShortagePolicy;
  readonly placedAt: string;
}

/** Orders what is in a draft, at the prices of the moment. */
@DurableCommand('ordering.place-draft')
export class PlaceDraftCommand extends Command<PlacedOrder> {
  constructor(
    readonly order: OrderAddress,
    readonly placement: DraftPlacement,
  ) {
    super();
  }
}

@CommandHandler(PlaceDraftCommand)
@CheckAccess(OrderAccess)
export class PlaceDraftHandler implements ICommandHandler<PlaceDraftCommand> {
  constructor(
    private readonly orders: OrderRepository,
    private readonly numbers: OrderNumbers,
    private readonly personalData: OrderPersonalData,
    private readonly queries: QueryBus,
  ) {}

  async execute({ order: address, placement }: PlaceDraftCommand): Promise<PlacedOrder> {
    const order = await this.orders.loadFor(address);
    if (order.state.status === 'placed') return placedOrder(order.id, order.version, order.state); // a repeat
    return this.place(order, placement);
  }

  private async place(order: Order, placement: DraftPlacement): Promise<PlacedOrder> {
    const { expectedTotal, paymentMethodToken, note, shortagePolicy, placedAt } = placement;
    const products = await this.queries.execute(new GetProductsForSaleQuery({ skus: order.draftSkus() }));
    const quote = order.quoteForPlacing(products, expectedTotal);
    const placed = order.place(quote, { number: await this.numbers.next(), shortagePolicy, placedAt });
    await this.personalData.amend(order.id, { paymentMethodToken, note });
    return placedOrder(order.id, await this.orders.save(order), placed);
  }
}
