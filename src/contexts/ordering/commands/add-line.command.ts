import { Command, CommandHandler, QueryBus, type ICommandHandler } from '@nestjs/cqrs';
import { CheckAccess } from '#kernel';
import { GetProductsForSaleQuery } from '#catalog/contracts';
import type { ChangedOrder } from '../contracts/changed-order.js';
import type { RequestedLine } from '../contracts/place-order.js';
import { OrderAccess } from '../storage/order-access.js';
import { OrderRepository, type OrderAddress } from '../storage/order.repository.js';

/** The changed draft, and which line is new in it. */
export interface LineAddedTo extends ChangedOrder {
  readonly lineId: string;
}

/** Puts goods into a draft. */
export class AddLineCommand extends Command<LineAddedTo> {
  constructor(
    readonly order: OrderAddress,
    readonly line: RequestedLine & { readonly lineId: string },
  ) {
    super();
  }
}

@CommandHandler(AddLineCommand)
@CheckAccess(OrderAccess)
export class AddLineHandler implements ICommandHandler<AddLineCommand> {
  constructor(
    private readonly orders: OrderRepository,
    private readonly queries: QueryBus,
  ) {}

  async execute({ order: address, line }: AddLineCommand): Promise<LineAddedTo> {
    const order = await this.orders.loadFor(address);
    order.addLine(line, await this.queries.execute(new GetProductsForSaleQuery({ skus: [line.sku] })));
    return { id: order.id, status: 'draft', version: await this.orders.save(order), lineId: line.lineId };
  }
}
