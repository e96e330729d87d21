import { Query, QueryBus, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { GetCustomerNamesQuery } from '#customers/contracts';
import { ReadSql, ReadsFrom, messageContext } from '#kernel';
import { withExactSums, type ExactSum } from '../views/exact-sum.js';
import type { ReportPeriod } from '../views/period.js';
import { CustomerSalesView } from '../views/customer-sales/customer-sales.view.js';

/** A customer among those who bought most in one currency. */
export interface TopCustomer {
  readonly customerId: string;
  /** As Customers knows it now; null for a customer who isn't known there (any more). */
  readonly name: string | null;
  readonly currency: string;
  readonly orders: number;
  readonly quantity: ExactSum;
  /** Minor units, after discounts, without shipping. */
  readonly net: ExactSum;
}

type SumName = 'quantity' | 'net';

/** The customers who bought most, best first, at most `limit` in each currency (two currencies can't be compared). */
export class GetTopCustomersQuery extends Query<TopCustomer[]> {
  constructor(
    readonly by: 'revenue' | 'quantity' | 'orders',
    readonly limit: number,
    readonly days: ReportPeriod = {},
  ) {
    super();
  }
}

/** A range of the primary key (tenant, day, currency, customer_id). Equals are ranked by revenue, then by id. */
const TOP = `
WITH sold AS (
  SELECT customer_id, currency, sum(orders)::bigint AS orders, sum(quantity) AS quantity, sum(net) AS net
    FROM insights_read.customer_sales
   WHERE tenant = $1 AND day BETWEEN coalesce($2::date, '-infinity') AND coalesce($3::date, 'infinity')
   GROUP BY currency, customer_id
  HAVING sum(orders) > 0
), ranked AS (
  SELECT *, row_number() OVER (
      PARTITION BY currency
      ORDER BY CASE $4 WHEN 'quantity' THEN quantity WHEN 'orders' THEN orders ELSE net END DESC, net DESC, quantity DESC,
        customer_id COLLATE "C") AS rank
    FROM sold
)
SELECT customer_id AS "customerId", currency, orders, quantity, net FROM ranked WHERE rank <= $5 ORDER BY currency, rank`;

@QueryHandler(GetTopCustomersQuery)
@ReadsFrom(CustomerSalesView)
export class GetTopCustomersHandler implements IQueryHandler<GetTopCustomersQuery> {
  constructor(
    private readonly sql: ReadSql,
    private readonly queries: QueryBus,
  ) {}

  async execute({ by, limit, days: { from, to } }: GetTopCustomersQuery): Promise<TopCustomer[]> {
    const values = [messageContext.current().tenant, from, to, by, limit];
    const rows = await this.sql.query<Omit<TopCustomer, 'name' | SumName> & Record<SumName, string>>({
      name: 'insights.top-customers',
      text: TOP,
      values,
    });
    const customerIds = [...new Set(rows.map((row) => row.customerId))];
    const names = await this.queries.execute(new GetCustomerNamesQuery({ customerIds }));
    return rows
      .map((row) => withExactSums(row, 'quantity', 'net'))
      .map(({ customerId, ...row }) => ({ customerId, name: names.get(customerId) ?? null, ...row }));
  }
}
