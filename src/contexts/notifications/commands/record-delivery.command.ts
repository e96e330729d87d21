import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { Delivery } from '../domain/notification.js';
import { Notifications } from '../storage/notifications.js';

/** Keeps how the delivery of a notification ended. A repeat changes nothing. */
export class RecordDeliveryCommand extends Command<void> {
  constructor(
    readonly notificationId: string,
    readonly delivery: Delivery,
  ) {
    super();
  }
}

@CommandHandler(RecordDeliveryCommand)
export class RecordDeliveryHandler implements ICommandHandler<RecordDeliveryCommand> {
  constructor(private readonly notifications: Notifications) {}

  async execute({ notificationId, delivery }: RecordDeliveryCommand): Promise<void> {
    this.notifications.settle(notificationId, delivery);
  }
}
