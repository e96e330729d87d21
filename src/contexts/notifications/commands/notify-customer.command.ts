import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Effects, derivedId } from '#kernel';
import type { Notification } from '../domain/notification.js';
import { Notifications } from '../storage/notifications.js';

/** Notifies a customer of an event, once. */
export class NotifyCustomerCommand extends Command<void> {
  constructor(readonly notification: Omit<Notification, 'notificationId'>) {
    super();
  }
}

@CommandHandler(NotifyCustomerCommand)
export class NotifyCustomerHandler implements ICommandHandler<NotifyCustomerCommand> {
  constructor(
    private readonly notifications: Notifications,
    private readonly effects: Effects,
  ) {}

  /** Row and intent commit together with the checkpoint of whoever handles the event. */
  async execute({ notification }: NotifyCustomerCommand): Promise<void> {
    const notificationId = derivedId(notification.eventId, notification.matter.about);
    this.notifications.add({ ...notification, notificationId });
    this.effects.enqueue({ kind: 'notifications.deliver', key: notificationId, body: { notificationId } });
  }
}
