import { Controller, Get, Query } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { Roles } from '#app';
import { GetTopCustomersQuery } from '../queries/get-top-customers.query.js';
import { GetTopProductsQuery } from '../queries/get-top-products.query.js';
import { GetSalesReportQuery } from '../queries/get-sales-report.query.js';
import { SalesReportBody, TopCustomersBody, TopProductsBody } from './report-responses.dto.js';
import { SalesReportParams, TopCustomersParams, TopProductsParams, periodOf } from './report.dto.js';

/** Reports: their rows, in the order they are to be read. */
@Controller('v1/reports')
@Roles('manager')
export class ReportsController {
  constructor(private readonly queries: QueryBus) {}

  @Get('sales')
  async sales(@Query() params: SalesReportParams): Promise<SalesReportBody> {
    return { data: await this.queries.execute(new GetSalesReportQuery(params.by, periodOf(params))) };
  }

  @Get('top-products')
  async topProducts(@Query() params: TopProductsParams): Promise<TopProductsBody> {
    return { data: await this.queries.execute(new GetTopProductsQuery(params.by, params.limit, periodOf(params))) };
  }

  @Get('top-customers')
  async topCustomers(@Query() params: TopCustomersParams): Promise<TopCustomersBody> {
    return { data: await this.queries.execute(new GetTopCustomersQuery(params.by, params.limit, periodOf(params))) };
  }
}
