import { CommandBus, EventsHandler, QueryBus, type IEventHandler } from '@nestjs/cqrs';
import { Subscription } from '#kernel';
import { GetOrderSummaryQuery, OrderDiscarded } from '#ordering/contracts';
import { NotifyCustomerCommand } from '../commands/notify-customer.command.js';
import { currentEvent } from './current-event.js';

@EventsHandler(OrderDiscarded)
@Subscription('notifications.notify-order-discarded')
export class NotifyCustomerWhenOrderDiscarded implements IEventHandler<OrderDiscarded> {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  async handle({ orderId }: OrderDiscarded): Promise<void> {
    const { eventId, imported } = currentEvent();
    if (imported) return; // history: the customer expects no notification of it
    const summary = await this.queries.execute(
      new GetOrderSummaryQuery({ order: { id: orderId }, onlyCustomerId: null }),
    );
    const { customerId } = summary;
    const matter = { about: 'order-discarded' } as const;
    await this.commands.execute(new NotifyCustomerCommand({ eventId, orderId, customerId, matter }));
  }
}
