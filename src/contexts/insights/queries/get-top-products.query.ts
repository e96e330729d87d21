import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { ReadSql, ReadsFrom, messageContext } from '#kernel';
import { withExactSums, type ExactSum } from '../views/exact-sum.js';
import type { ReportPeriod } from '../views/period.js';
import { ProductSalesView } from '../views/product-sales/product-sales.view.js';

/** A product among those that sold best in one currency. */
export interface TopProduct {
  readonly sku: string;
  /** As it was called when it was last sold. */
  readonly name: string;
  readonly currency: string;
  readonly quantity: ExactSum;
  /** Minor units, after discounts. */
  readonly net: ExactSum;
}

type SumName = 'quantity' | 'net';

/** The products that sold best, best first, at most `limit` in each currency (two currencies can't be compared). */
export class GetTopProductsQuery extends Query<TopProduct[]> {
  constructor(
    readonly by: 'revenue' | 'quantity',
    readonly limit: number,
    readonly days: ReportPeriod = {},
  ) {
    super();
  }
}

/** A range of the primary key (tenant, day, currency, sku). Equals are ranked by the other measure, then by sku. */
const TOP = `
WITH sold AS (
  SELECT sku, (array_agg(name ORDER BY day DESC))[1] AS name, currency, sum(quantity) AS quantity, sum(net) AS net
    FROM insights_read.product_sales
   WHERE tenant = $1 AND day BETWEEN coalesce($2::date, '-infinity') AND coalesce($3::date, 'infinity')
   GROUP BY currency, sku
  HAVING sum(quantity) > 0
), ranked AS (
  SELECT *, row_number() OVER (
      PARTITION BY currency
      ORDER BY CASE $4 WHEN 'quantity' THEN quantity ELSE net END DESC, net DESC, quantity DESC, sku COLLATE "C") AS rank
    FROM sold
)
SELECT sku, name, currency, quantity, net FROM ranked WHERE rank <= $5 ORDER BY currency, rank`;

@QueryHandler(GetTopProductsQuery)
@ReadsFrom(ProductSalesView)
export class GetTopProductsHandler implements IQueryHandler<GetTopProductsQuery> {
  constructor(private readonly sql: ReadSql) {}

  async execute({ by, limit, days: { from, to } }: GetTopProductsQuery): Promise<TopProduct[]> {
    const values = [messageContext.current().tenant, from, to, by, limit];
    const rows = await this.sql.query<Omit<TopProduct, SumName> & Record<SumName, string>>({
      name: 'insights.top-products',
      text: TOP,
      values,
    });
    return rows.map((row) => withExactSums(row, 'quantity', 'net'));
  }
}
