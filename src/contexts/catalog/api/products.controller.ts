import { Body, Controller, Get, Patch, Post, Query } from '@nestjs/common';
import { Roles } from '#app';
import { UnitOfWorkRoute } from '#kernel';
import { Changes, Creates, IfVersion, PathText, Versioned, type Page } from '#platform/http';
import { SKU_PATTERN } from '#shared';
import { ProductReader } from '../storage/product-reader.js';
import { Products } from '../storage/products.js';
import {
  AddProductBody,
  ChangePriceBody,
  DescribeProductBody,
  FindProductsParams,
  ProductBody,
  newProduct,
  priceOf,
  productBody,
  textsOf,
} from './product.dto.js';

@Controller('v1/products')
@Roles('manager', 'service')
export class ProductsController {
  constructor(
    private readonly products: Products,
    private readonly reader: ProductReader,
  ) {}

  @Get()
  @Roles('customer', 'support', 'warehouse', 'finance', 'manager', 'service', 'operator')
  find(@Query() { limit, cursor, sort, ...filter }: FindProductsParams): Promise<Page<ProductBody>> {
    return this.reader.page({ filter, sort, limit, cursor }, productBody);
  }

  @Get(':sku')
  @Versioned()
  @Roles('customer', 'support', 'warehouse', 'finance', 'manager', 'service', 'operator')
  async one(@PathText('sku', SKU_PATTERN) sku: string): Promise<ProductBody> {
    return productBody(await this.reader.one(sku));
  }

  @Post()
  @Creates('/v1/products/:sku')
  @UnitOfWorkRoute()
  async add(@Body() body: AddProductBody): Promise<ProductBody> {
    return productBody(await this.products.add(newProduct(body)));
  }

  @Patch(':sku')
  @Changes()
  @UnitOfWorkRoute()
  async describe(
    @PathText('sku', SKU_PATTERN) sku: string,
    @IfVersion({ required: true }) ifVersion: number,
    @Body() body: DescribeProductBody,
  ): Promise<ProductBody> {
    return productBody(await this.products.describe({ sku, ifVersion }, textsOf(body)));
  }

  @Post(':sku/prices')
  @Changes()
  @UnitOfWorkRoute()
  async changePrice(
    @PathText('sku', SKU_PATTERN) sku: string,
    @IfVersion() ifVersion: number | undefined,
    @Body() body: ChangePriceBody,
  ): Promise<ProductBody> {
    return productBody(await this.products.changePrice({ sku, ifVersion }, priceOf(body)));
  }

  @Post(':sku/discontinue')
  @Changes()
  @UnitOfWorkRoute()
  async discontinue(
    @PathText('sku', SKU_PATTERN) sku: string,
    @IfVersion() ifVersion: number | undefined,
  ): Promise<ProductBody> {
    return productBody(await this.products.discontinue({ sku, ifVersion }));
  }
}
