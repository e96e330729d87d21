import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import { Clock, messageContext } from '#kernel';
import type { Delivery, Notification } from '../domain/notification.js';
import { NotificationEntity } from './notification.entity.js';

/** What customers were, or are to be, told of. Writing belongs to a unit of work. */
@Injectable()
export class Notifications {
  constructor(
    @InjectRepository(NotificationEntity) private readonly rows: Repository<NotificationEntity>,
    private readonly clock: Clock,
  ) {}

  /** Adds it, unless it is there: an event may be handled again, also long after. */
  async add(notification: Notification): Promise<void> {
    const row = { ...notification, tenant: messageContext.current().tenant };
    await this.rows.createQueryBuilder().insert().values(row).orIgnore().execute();
  }

  async find(notificationId: string): Promise<NotificationEntity | undefined> {
    const { tenant } = messageContext.current();
    return (await this.rows.findOneBy({ notificationId, tenant })) ?? undefined;
  }

  /** How its delivery ended; of two deliveries of one notification, the first. */
  async settle(notificationId: string, delivery: Delivery): Promise<void> {
    const { tenant } = messageContext.current();
    const settled = { ...delivery, settledAt: this.clock.now().toISOString() };
    await this.rows.update({ notificationId, tenant, status: 'pending' }, settled);
  }
}
