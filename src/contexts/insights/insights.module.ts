import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ReportsController } from './api/reports.controller.js';
import { CustomerSalesProjection } from './views/customer-sales/customer-sales.projection.js';
import { CustomerSalesOrderView, CustomerSalesView } from './views/customer-sales/customer-sales.view.js';
import { GetTopCustomersHandler } from './queries/get-top-customers.query.js';
import { GetTopProductsHandler } from './queries/get-top-products.query.js';
import { ProductSalesProjection } from './views/product-sales/product-sales.projection.js';
import { ProductSalesOrderView, ProductSalesView } from './views/product-sales/product-sales.view.js';
import { GetSalesReportHandler } from './queries/get-sales-report.query.js';
import { SalesDailyProjection } from './views/sales-daily/sales-daily.projection.js';
import { SalesDailyView, SalesOrderView } from './views/sales-daily/sales-daily.view.js';

const READ_TABLES = [
  CustomerSalesOrderView,
  CustomerSalesView,
  ProductSalesOrderView,
  ProductSalesView,
  SalesDailyView,
  SalesOrderView,
];

@Module({
  imports: [TypeOrmModule.forFeature(READ_TABLES)],
  controllers: [ReportsController],
  providers: [
    CustomerSalesProjection,
    GetSalesReportHandler,
    GetTopCustomersHandler,
    GetTopProductsHandler,
    ProductSalesProjection,
    SalesDailyProjection,
  ],
})
export class InsightsModule {}
