import { Injectable } from '@nestjs/common';
import { PersonalData, ReadSql } from '#kernel';
import type { BillingAddress, DeliveryAddress } from '#shared';

/** What is known about the person behind an order, and may be erased. */
export interface OrderPerson {
  readonly shipTo?: DeliveryAddress | undefined;
  readonly billTo?: BillingAddress | undefined;
  /** The customer's note about the order, in their own words. */
  readonly note?: string | undefined;
  /** The gateway's name for a means of payment. Kept here, because a log can't forget it. */
  readonly paymentMethodToken?: string | undefined;
}

/** By primary key. */
const ONE = 'SELECT data FROM ordering_private.personal_data WHERE subject = $1';

/** The erasable side of an order, kept out of its events. */
@Injectable()
export class OrderPersonalData {
  constructor(
    private readonly personalData: PersonalData,
    private readonly sql: ReadSql,
  ) {}

  /** Writes it with the command's commit; replaces what is there. */
  put(orderId: string, person: OrderPerson): void {
    this.personalData.put({ context: 'ordering', subject: orderId, data: person });
  }

  /** Changes a part of it with the command's commit and keeps the rest. */
  async amend(orderId: string, changes: OrderPerson): Promise<void> {
    const [row] = await this.sql.query<{ data: OrderPerson }>({
      name: 'ordering.personal-data',
      text: ONE,
      values: [orderId],
    });
    this.put(orderId, { ...row?.data, ...changes });
  }
}
