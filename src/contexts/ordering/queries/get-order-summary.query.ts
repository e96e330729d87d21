import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { ReadSql, ReadsFrom, messageContext } from '#kernel';
import { NotFound } from '#kernel/domain';
import type { BillingAddress, DeliveryAddress } from '#shared';
import {
  GetOrderSummaryQuery,
  type OrderReference,
  type OrderSummary,
  type OrderSummaryDiscount,
  type OrderSummaryLine,
} from '../contracts/get-order-summary.js';
import { OrderSummaryView, type SummaryLine } from '../views/order-summary/order-summary.view.js';

interface SummaryRow extends Required<OrderSummaryView> {
  readonly shipTo: DeliveryAddress | null;
  readonly billTo: BillingAddress | null;
  readonly note: string | null;
}

const ONE = `
SELECT s.order_id AS "orderId", s.number, s.external_number AS "externalNumber", s.customer_id AS "customerId", s.status,
       s.currency, s.placed_at AS "placedAt", s.updated_at AS "updatedAt", s.lines, s.discounts, s.order_discount AS "orderDiscount",
       s.shipping, s.tax, s.delivery_is_set AS "deliveryIsSet", s.version, p.data->'shipTo' AS "shipTo",
       p.data->'billTo' AS "billTo", p.data->>'note' AS note
  FROM ordering_read.order_summary s
  LEFT JOIN ordering_private.personal_data p ON p.subject = s.order_id::text
 WHERE s.tenant = $2 AND ($3::text IS NULL OR s.customer_id = $3)`;

/** By primary key, ux_order_summary_number and ix_order_summary_external_number. */
const BY_ID = { name: 'ordering.summary-by-id', text: `${ONE} AND s.order_id = $1` };
const BY_NUMBER = { name: 'ordering.summary-by-number', text: `${ONE} AND s.number = $1` };
const BY_EXTERNAL_NUMBER = { name: 'ordering.summary-by-external-number', text: `${ONE} AND s.external_number = $1` };

@QueryHandler(GetOrderSummaryQuery)
@ReadsFrom(OrderSummaryView)
export class GetOrderSummaryHandler implements IQueryHandler<GetOrderSummaryQuery> {
  constructor(private readonly sql: ReadSql) {}

  async execute({ order, onlyCustomerId }: GetOrderSummaryQuery): Promise<OrderSummary> {
    const { statement, value } = lookupOf(order);
    const values = [value, messageContext.current().tenant, onlyCustomerId];
    const [row] = await this.sql.query<SummaryRow>({ ...statement, values });
    if (row === undefined) throw new NotFound(`There is no order ${value}.`);
    return summaryOf(row);
  }
}

function lookupOf(order: OrderReference): { statement: typeof BY_ID; value: string } {
  if ('id' in order) return { statement: BY_ID, value: order.id };
  if ('number' in order) return { statement: BY_NUMBER, value: order.number };
  return { statement: BY_EXTERNAL_NUMBER, value: order.externalNumber };
}

export function summaryOf(row: SummaryRow): OrderSummary {
  return {
    id: row.orderId,
    number: row.number,
    externalNumber: row.externalNumber,
    customerId: row.customerId,
    status: row.status,
    paymentStatus: 'none',
    fulfilmentStatus: 'unfulfilled',
    currency: row.currency,
    placedAt: row.placedAt,
    updatedAt: row.updatedAt,
    version: row.version,
    lines: row.lines.map(summaryLine),
    discounts: row.discounts.map(summaryDiscount),
    totals: totalsOf(row),
    shipments: [],
    deliveryIsSet: row.deliveryIsSet,
    shipTo: row.shipTo && address(row.shipTo),
    billTo: row.billTo && address(row.billTo),
    note: row.note,
    exceptions: [],
  };
}

function totalsOf({ status, lines, orderDiscount, shipping, tax }: SummaryRow): OrderSummary['totals'] {
  const sumOf = (amount: (line: SummaryLine) => number): number => lines.reduce((sum, line) => sum + amount(line), 0);
  const items = sumOf(({ gross }) => gross);
  const discount = sumOf((line) => line.discount) + orderDiscount;
  const grand = items - discount + shipping + tax;
  const due = status === 'placed' ? grand : 0;
  return { items, discount, shipping, tax, grand, authorised: 0, captured: 0, refunded: 0, due };
}

/** Picked one by one, because jsonb gives keys back in an order of its own. */
function summaryLine({
  lineId,
  sku,
  name,
  unitPrice,
  discountPercent,
  quantities,
  total,
}: SummaryLine): OrderSummaryLine {
  const { ordered, reserved, backordered, cancelled, shipped, returned } = quantities;
  const book = { ordered, reserved, backordered, cancelled, shipped, returned };
  return { lineId, sku, name, unitPrice, discountPercent, quantities: book, total };
}

function summaryDiscount({ discountId, amount, reason }: OrderSummaryDiscount): OrderSummaryDiscount {
  return { discountId, amount, reason };
}

function address({ name, street, street2, city, region, postalCode, country }: DeliveryAddress): DeliveryAddress {
  return { name, street, street2, city, region, postalCode, country };
}
