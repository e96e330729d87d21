import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { Delivery, Matter, Notification } from '../domain/notification.js';

/** A notification as it stands now. */
@Entity({ schema: 'notifications', name: 'notifications' })
export class NotificationEntity implements Notification {
  /** Derived from event and matter, so that a repeat meets the first. */
  @PrimaryColumn('uuid')
  notificationId!: string;

  @Column('text')
  tenant!: string;

  @Column('uuid')
  eventId!: string;

  @Column('uuid')
  orderId!: string;

  @Column('text')
  customerId!: string;

  @Column('jsonb')
  matter!: Matter;

  @Column('text', { default: 'pending' })
  status!: 'pending' | Delivery['status'];

  @Column('text', { nullable: true })
  via!: 'log' | 'mail' | null;

  @Column('text', { nullable: true })
  reason!: string | null;

  @Column('timestamptz', { nullable: true })
  settledAt!: string | null;
}
