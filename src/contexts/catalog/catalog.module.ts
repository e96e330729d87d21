import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import './api/catalog.problems.js';
import { ProductsController } from './api/products.controller.js';
import { ImportProductHandler } from './commands/import-product.command.js';
import { GetProductsForSaleHandler } from './queries/get-products-for-sale.query.js';
import { ProductReader } from './storage/product-reader.js';
import { ProductEntity } from './storage/product.entity.js';
import { Products } from './storage/products.js';

@Module({
  imports: [TypeOrmModule.forFeature([ProductEntity])],
  controllers: [ProductsController],
  providers: [GetProductsForSaleHandler, ImportProductHandler, ProductReader, Products],
})
export class CatalogModule {}
