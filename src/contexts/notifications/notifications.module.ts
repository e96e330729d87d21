import { Module } from '@nestjs/common';
import { CONFIGURATION, type Configuration } from '#config';
import { NotifyCustomerHandler } from './commands/notify-customer.command.js';
import { RecordDeliveryHandler } from './commands/record-delivery.command.js';
import { DeliverNotification } from './effects/deliver-notification.js';
import { LogNotifier } from './effects/log.notifier.js';
import { Notifier } from './effects/notifier.js';
import { SmtpNotifier } from './effects/smtp.notifier.js';
import { NotifyCustomerWhenOrderDiscarded } from './event-handlers/notify-customer-when-order-discarded.js';
import { NotifyCustomerWhenOrderPlaced } from './event-handlers/notify-customer-when-order-placed.js';
import { Notifications } from './storage/notifications.js';

@Module({
  providers: [
    DeliverNotification,
    Notifications,
    NotifyCustomerHandler,
    NotifyCustomerWhenOrderDiscarded,
    NotifyCustomerWhenOrderPlaced,
    RecordDeliveryHandler,
    {
      provide: Notifier,
      useFactory: ({ mail: { url, from } }: Configuration): Notifier =>
        url === undefined ? new LogNotifier() : new SmtpNotifier({ url, from }),
      inject: [CONFIGURATION],
    },
  ],
})
export class NotificationsModule {}
