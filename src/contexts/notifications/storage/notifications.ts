import { Injectable } from '@nestjs/common';
import { Clock, ReadSql, CommitRows, messageContext, type CommitWrite } from '#kernel';
import type { Delivery, Notification } from '../domain/notification.js';

/** A notification as it stands now. */
export interface NotificationRow extends Notification {
  readonly status: 'pending' | Delivery['status'];
}

/** Index: the primary key. */
const BY_ID = {
  name: 'notifications.by-id',
  text: `SELECT notification_id AS "notificationId", event_id AS "eventId", order_id AS "orderId", customer_id AS "customerId",
                matter, status
           FROM notifications.notifications WHERE notification_id = $1 AND tenant = $2`,
};

/** Adds what isn't there: an event may be handled again, also long after. Index: the primary key. */
const ADDED: CommitWrite = {
  id: 'notifications.notifications+',
  sql: (
    param,
  ) => `INSERT INTO notifications.notifications (notification_id, tenant, event_id, order_id, customer_id, matter)
    SELECT r."notificationId", r.tenant, r."eventId", r."orderId", r."customerId", r.matter
      FROM jsonb_to_recordset(${param}) AS r ("notificationId" uuid, tenant text, "eventId" uuid, "orderId" uuid,
                                              "customerId" text, matter jsonb)
     ORDER BY r."notificationId"
    ON CONFLICT DO NOTHING`,
};

/** Of two deliveries of one notification, the first counts. Index: the primary key, by the array; the join alone is planned
 *  for a hundred rows, and reads the whole table for one. */
const SETTLED: CommitWrite = {
  id: 'notifications.notifications=',
  sql: (param) => `UPDATE notifications.notifications n
      SET status = r.status, via = r.via, reason = r.reason, settled_at = r."settledAt"
     FROM jsonb_to_recordset(${param}) AS r ("notificationId" uuid, tenant text, status text, via text, reason text,
                                             "settledAt" timestamptz)
    WHERE n.notification_id = ANY (ARRAY(SELECT (k->>'notificationId')::uuid FROM jsonb_array_elements(${param}) AS k))
      AND n.notification_id = r."notificationId" AND n.tenant = r.tenant AND n.status = 'pending'`,
};

/** Notifications that were or will be delivered. Writing belongs to a unit of work, and takes effect with its commit. */
@Injectable()
export class Notifications {
  constructor(
    private readonly reads: ReadSql,
    private readonly commitWrites: CommitRows,
    private readonly clock: Clock,
  ) {}

  /** Adds it, unless it is there. */
  add(notification: Notification): void {
    this.commitWrites.write(ADDED, { ...notification, tenant: messageContext.current().tenant });
  }

  async find(notificationId: string): Promise<NotificationRow | undefined> {
    const { tenant } = messageContext.current();
    const [row] = await this.reads.query<NotificationRow>({ ...BY_ID, values: [notificationId, tenant] });
    return row;
  }

  /** How its delivery ended. */
  settle(notificationId: string, delivery: Delivery): void {
    const { tenant } = messageContext.current();
    this.commitWrites.write(SETTLED, {
      ...delivery,
      notificationId,
      tenant,
      settledAt: this.clock.now().toISOString(),
    });
  }
}
