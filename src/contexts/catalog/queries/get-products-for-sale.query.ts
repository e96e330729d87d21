import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { GetProductsForSaleQuery, type ProductForSale } from '../contracts/index.js';
import { ProductReader } from '../storage/product-reader.js';

@QueryHandler(GetProductsForSaleQuery)
export class GetProductsForSaleHandler implements IQueryHandler<GetProductsForSaleQuery> {
  constructor(private readonly products: ProductReader) {}

  execute({ skus }: GetProductsForSaleQuery): Promise<ProductForSale[]> {
    return this.products.forSale(skus);
  }
}
