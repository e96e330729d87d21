/** Door `#catalog/contracts`: what other contexts may ask of the catalog and hear from it. */
export { PriceChanged, ProductDiscontinued, ProductRelisted } from './catalog.events.js';
export { GetProductsForSaleQuery, type ProductForSale } from './get-products-for-sale.js';
export { ImportProductCommand, type ImportedProduct, type ProductImported } from './import-product.js';
