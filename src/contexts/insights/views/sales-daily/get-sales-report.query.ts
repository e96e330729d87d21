import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { ReadSql, ReadsFrom, messageContext } from '#kernel';
import type { ReportPeriod } from '../period.js';
import { SalesDailyView } from './sales-daily.view.js';

/** Sales of one period in one currency; amounts in its minor units. */
export interface SalesOfPeriod {
  /** `1997-01` by month, `1997-01-31` by day. */
  readonly period: string;
  readonly currency: string;
  readonly orders: number;
  readonly units: number;
  readonly gross: number;
  readonly discount: number;
  readonly net: number;
  readonly shipping: number;
}

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
SELECT to_char(day, $2) AS period, currency, sum(orders)::bigint AS orders, sum(units)::bigint AS units,
       sum(gross)::bigint AS gross, sum(discount)::bigint AS discount, sum(net)::bigint AS net,
       sum(shipping)::bigint AS shipping
  FROM insights_read.sales_daily
 WHERE tenant = $1 AND day BETWEEN coalesce($3::date, '-infinity') AND coalesce($4::date, 'infinity')
 GROUP BY period, currency
HAVING sum(orders) > 0
 ORDER BY period, currency`;

@QueryHandler(GetSalesReportQuery)
@ReadsFrom(SalesDailyView)
export class GetSalesReportHandler implements IQueryHandler<GetSalesReportQuery> {
  constructor(private readonly sql: ReadSql) {}

  execute({ by, days: { from, to } }: GetSalesReportQuery): Promise<SalesOfPeriod[]> {
    const format = by === 'day' ? 'YYYY-MM-DD' : 'YYYY-MM';
    const values = [messageContext.current().tenant, format, from, to];
    return this.sql.query<SalesOfPeriod>({ name: 'insights.sales-report', text: SALES, values });
  }
}
