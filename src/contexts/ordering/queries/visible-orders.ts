import { Injectable } from '@nestjs/common';
import { ReadSql, messageContext, type AccessCheck } from '#kernel';
import { NotFound } from '#kernel/domain';

/** A query about one order of those that its sender may see. */
export interface OrderQuestion {
  readonly request: {
    readonly orderId: string;
    /** Only if the order is this customer's; null: any order of the tenant. */
    readonly onlyCustomerId: string | null;
  };
}

/** By primary key. The summary is an inline view, which is never behind. */
const IS_VISIBLE = `
SELECT FROM ordering_read.order_summary
 WHERE order_id = $1 AND tenant = $2 AND ($3::text IS NULL OR customer_id = $3)`;

/** Who may ask about the parts of an order: whoever may see its summary. */
@Injectable()
export class VisibleOrders implements AccessCheck<OrderQuestion> {
  constructor(private readonly sql: ReadSql) {}

  async assertAccess({ request: { orderId, onlyCustomerId } }: OrderQuestion): Promise<void> {
    const values = [orderId, messageContext.current().tenant, onlyCustomerId];
    const found = await this.sql.query({ name: 'ordering.order-is-visible', text: IS_VISIBLE, values });
    if (found.length === 0) throw new NotFound(`There is no order ${orderId}.`);
  }
}
