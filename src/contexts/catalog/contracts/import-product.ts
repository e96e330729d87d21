import { Command } from '@nestjs/cqrs';

/** A product as another system describes it. What is left out is unknown there: a known product keeps it. */
export interface ImportedProduct {
  readonly sku: string;
  readonly name: string;
  readonly category?: string | null;
  readonly unit?: string | null;
  readonly taxClass?: string | null;
  /** Minor units of `currency`. */
  readonly unitPrice: number;
  readonly currency: string;
  /** Left out: a new product is for sale, a known one stays as it is. */
  readonly discontinued?: boolean;
}

export interface ProductImported {
  readonly sku: string;
  readonly outcome: 'added' | 'changed' | 'unchanged';
}

/** Makes a product equal to another system's; a repeat changes nothing. Other contexts get an event for a changed price. */
export class ImportProductCommand extends Command<ProductImported> {
  constructor(readonly product: ImportedProduct) {
    super();
  }
}
