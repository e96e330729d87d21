import { Controller, Get, Query } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { Roles } from '#kernel';
import { GetTopCustomersQuery, type TopCustomer } from '../views/customer-sales/get-top-customers.query.js';
import { GetTopProductsQuery, type TopProduct } from '../views/product-sales/get-top-products.query.js';
import { GetSalesReportQuery, type SalesOfPeriod } from '../views/sales-daily/get-sales-report.query.js';
import { SalesReportParams, TopCustomersParams, TopProductsParams, periodOf } from './report.dto.js';

/** A report as the API shows it: its rows, in the order they are to be read. */
interface Report<Row> {
  readonly data: Row[];
}

@Controller('v1/reports')
@Roles('manager')
export class ReportsController {
  constructor(private readonly queries: QueryBus) {}

  @Get('sales')
  async sales(@Query() params: SalesReportParams): Promise<Report<SalesOfPeriod>> {
    return { data: await this.queries.execute(new GetSalesReportQuery(params.by, periodOf(params))) };
  }

  @Get('top-products')
  async topProducts(@Query() params: TopProductsParams): Promise<Report<TopProduct>> {
    return { data: await this.queries.execute(new GetTopProductsQuery(params.by, params.limit, periodOf(params))) };
  }

  @Get('top-customers')
  async topCustomers(@Query() params: TopCustomersParams): Promise<Report<TopCustomer>> {
    return { data: await this.queries.execute(new GetTopCustomersQuery(params.by, params.limit, periodOf(params))) };
  }
}
