import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ImportProductCommand, type ProductImported } from '../contracts/index.js';
import { Products } from '../storage/products.js';

@CommandHandler(ImportProductCommand)
export class ImportProductHandler implements ICommandHandler<ImportProductCommand> {
  constructor(private readonly products: Products) {}

  async execute({ product }: ImportProductCommand): Promise<ProductImported> {
    return { sku: product.sku, outcome: await this.products.storeImported(product) };
  }
}
