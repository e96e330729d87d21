import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { ReadSql, ReadsFrom, messageContext } from '#kernel';
import { withExactSums, type ExactSum } from '../views/exact-sum.js';
import type { ReportPeriod } from '../views/period.js';
import { SalesDailyView } from '../views/sales-daily/sales-daily.view.js';

/** Sales of one period in one currency; amounts in its minor units. */
export interface SalesOfPeriod {
  /** `1997-01` by month, `1997-01-31` by day. */
  readonly period: string;
  readonly currency: string;
  readonly orders: number;
  readonly units: ExactSum;
  readonly gross: ExactSum;
  readonly discount: ExactSum;
  readonly net: ExactSum;
  readonly shipping: ExactSum;
}

type SumName = 'units' | 'gross' | 'discount' | 'net' | 'shipping';

/** Sales by day or month, oldest first, each currency for itself. Periods in which nothing was sold are left out. */
export class GetSalesReportQuery extends Query<SalesOfPeriod[]> {
  constructor(
    readonly by: 'day' | 'month',
    readonly days: ReportPeriod = {},
  ) {
    super();
  }
}

/** A range of the primary key (tenant, day, currency). A day may stand at zero, once its orders are taken out again. */
const SALES = `
SELECT to_char(day, $2) AS period, currency, sum(orders)::bigint AS orders, sum(units) AS units,
       sum(gross) AS gross, sum(discount) AS discount, sum(net) AS net, sum(shipping) AS shipping
  FROM insights_read.sales_daily
 WHERE tenant = $1 AND day BETWEEN coalesce($3::date, '-infinity') AND coalesce($4::date, 'infinity')
 GROUP BY period, currency
HAVING sum(orders) > 0
 ORDER BY period, currency`;

@QueryHandler(GetSalesReportQuery)
@ReadsFrom(SalesDailyView)
export class GetSalesReportHandler implements IQueryHandler<GetSalesReportQuery> {
  constructor(private readonly sql: ReadSql) {}

  async execute({ by, days: { from, to } }: GetSalesReportQuery): Promise<SalesOfPeriod[]> {
    const format = by === 'day' ? 'YYYY-MM-DD' : 'YYYY-MM';
    const values = [messageContext.current().tenant, format, from, to];
    const rows = await this.sql.query<Omit<SalesOfPeriod, SumName> & Record<SumName, string>>({
      name: 'insights.sales-report',
      text: SALES,
      values,
    });
    return rows.map((row) => withExactSums(row, 'units', 'gross', 'discount', 'net', 'shipping'));
  }
}
