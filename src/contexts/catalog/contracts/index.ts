/** Entry point `#catalog/contracts`: queries, commands and events of the catalog for other contexts. */
export { PriceChanged, ProductDiscontinued, ProductRelisted } from './catalog.events.js';
export { GetProductsForSaleQuery, type ProductForSale } from './get-products-for-sale.js';
export { ImportProductCommand, type ImportedProduct, type ProductImported } from './import-product.js';
