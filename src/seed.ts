import { CommandBus } from '@nestjs/cqrs';
import { messageContext, MessageContext } from '#kernel';
import { ImportProductCommand, type ImportedProduct } from '#catalog/contracts';
import type { Waybill } from './boot.js';

/** What a newcomer finds: enough to place a first order. */
const PRODUCTS: readonly ImportedProduct[] = [
  { sku: 'TEE-BLK-M', name: 'T-shirt, black, M', category: 'Clothing', unitPrice: 1_999, currency: 'EUR' },
  { sku: 'MUG-WHT', name: 'Mug, white', category: 'Kitchen', unitPrice: 890, currency: 'EUR' },
  { sku: 'NOTE-A5', name: 'Notebook, A5, dotted', category: 'Paper', unitPrice: 1_250, currency: 'EUR' },
];

/**
 * Puts three products into an empty catalog, so that a first order can be placed at once. Returns how many it added: none
 * where the catalog has products already. Only for an embedded database on your own machine.
 */
export async function seedProducts({ app, database }: Waybill): Promise<number> {
  const { rowCount } = await database.pools.query.query('SELECT FROM catalog.products LIMIT 1');
  if (rowCount !== 0) return 0;
  const commands = app.get(CommandBus);
  for (const product of PRODUCTS) {
    await messageContext.run(new MessageContext(), () => commands.execute(new ImportProductCommand(product)));
  }
  return PRODUCTS.length;
}
