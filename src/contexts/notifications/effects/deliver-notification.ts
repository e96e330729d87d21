import { Logger } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { EffectHandler, type Effect, type IEffectHandler } from '#kernel';
import { GetCustomerContactQuery } from '#customers/contracts';
import { RecordDeliveryCommand } from '../commands/record-delivery.command.js';
import { emailFor } from '../domain/email.js';
import type { Delivery, Notification } from '../domain/notification.js';
import { Notifications } from '../storage/notifications.js';
import { AddressRefused, Notifier } from './notifier.js';

const logger = new Logger('Notifications');

/**
 * Sends a notification to whatever address its customer has by then, and keeps how that ended. A crash between the two
 * sends it again, as the same message.
 */
@EffectHandler('notifications.deliver', { concurrency: 4, timeoutMs: 20_000 })
export class DeliverNotification implements IEffectHandler<{ readonly notificationId: string }> {
  constructor(
    private readonly notifications: Notifications,
    private readonly queries: QueryBus,
    private readonly commands: CommandBus,
    private readonly notifier: Notifier,
  ) {}

  async handle({ body: { notificationId } }: Effect<{ notificationId: string }>, signal: AbortSignal): Promise<void> {
    const notification = await this.notifications.find(notificationId);
    if (notification === undefined) throw new Error(`There is no notification ${notificationId}.`);
    if (notification.status !== 'pending') return; // an earlier try ended without its result being recorded
    const delivery = await this.#deliver(notification, signal);
    await this.commands.execute(new RecordDeliveryCommand(notificationId, delivery));
  }

  async #deliver({ notificationId, customerId, matter }: Notification, signal: AbortSignal): Promise<Delivery> {
    const customer = await this.queries.execute(new GetCustomerContactQuery({ customerId }));
    if (customer === null || customer.email === null) return { status: 'skipped', reason: 'no-email' };
    const { name, email } = customer;
    try {
      await this.notifier.send({ ...emailFor(matter, name), notificationId, customerId, email }, signal);
      return { status: 'sent', via: this.notifier.via };
    } catch (error) {
      if (!(error instanceof AddressRefused)) throw error;
      logger.warn(`Notification ${notificationId} cannot be delivered. ${error.message}`);
      return { status: 'undeliverable', reason: error.code };
    }
  }
}
