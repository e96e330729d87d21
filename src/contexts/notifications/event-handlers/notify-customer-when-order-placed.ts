import { CommandBus, EventsHandler, type IEventHandler } from '@nestjs/cqrs';
import { Subscription } from '#kernel';
import { OrderPlaced } from '#ordering/contracts';
import { NotifyCustomerCommand } from '../commands/notify-customer.command.js';
import { currentEvent } from './current-event.js';

@EventsHandler(OrderPlaced)
@Subscription('notifications.notify-order-placed')
export class NotifyCustomerWhenOrderPlaced implements IEventHandler<OrderPlaced> {
  constructor(private readonly commands: CommandBus) {}

  async handle({ orderId, customerId, number, lines, totals, currency }: OrderPlaced): Promise<void> {
    const { eventId, imported } = currentEvent();
    if (imported) return; // history: the other system has notified the customer, long ago
    const goods = lines.map(({ name, quantity }) => ({ name, quantity }));
    const total = { amount: totals.grand, currency };
    const matter = { about: 'order-placed', number, lines: goods, total } as const;
    await this.commands.execute(new NotifyCustomerCommand({ eventId, orderId, customerId, matter }));
  }
}
