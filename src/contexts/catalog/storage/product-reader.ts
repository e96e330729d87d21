import { Injectable } from '@nestjs/common';
import { ReadSql, messageContext } from '#kernel';
import { Cursors, type Page, type Sort } from '#platform/http';
import { NotFound } from '#kernel/domain';
import { wordPatterns } from '#shared';
import type { ProductForSale } from '../contracts/index.js';
import type { Product } from '../domain/product.js';

/** Which products a list shows. */
export interface ProductFilter {
  /** Words that all occur in the name or the sku, whatever their case and accents. */
  readonly q?: string | undefined;
  readonly category?: string | undefined;
  readonly discontinued?: boolean | undefined;
}

export interface ProductPageRequest {
  readonly filter: ProductFilter;
  readonly sort: Sort;
  readonly limit: number;
  readonly cursor?: string | undefined;
}

const COLUMNS =
  'sku, name, category, unit, tax_class AS "taxClass", unit_price AS "unitPrice", currency, discontinued, version';

/** By primary key, one probe per sku. On the path of every order. */
const FOR_SALE = `
SELECT sku, name, unit_price AS "unitPrice", currency, tax_class AS "taxClass", discontinued
  FROM catalog.products
 WHERE tenant = $1 AND sku = ANY ($2::text[])`;

const ONE = `SELECT ${COLUMNS} FROM catalog.products WHERE tenant = $1 AND sku = $2`;

/** Follows the primary key (by sku) or ix_products_name; the last row's keys say where the next page begins. */
function pageSql({ key, descending }: Sort): string {
  const keys = key === 'name' ? ['name', 'sku'] : ['sku', 'sku'];
  const direction = descending ? 'DESC' : 'ASC';
  return `
SELECT ${COLUMNS}
  FROM catalog.products
 WHERE tenant = $1
   AND ($2::text[] IS NULL OR (cardinality($2) > 0 AND search_text LIKE ALL ($2)))
   AND ($3::text IS NULL OR category = $3)
   AND ($4::boolean IS NULL OR discontinued = $4)
   AND ($5::text IS NULL OR (${keys.join(', ')}) ${descending ? '<' : '>'} ($5, $6))
 ORDER BY ${keys.map((column) => `${column} ${direction}`).join(', ')}
 LIMIT $7`;
}

/** The read side of the catalog: its own tables, by the read-only role unless a unit of work is open. */
@Injectable()
export class ProductReader {
  constructor(
    private readonly sql: ReadSql,
    private readonly cursors: Cursors,
  ) {}

  /** @throws NotFound */
  async one(sku: string): Promise<Product> {
    const values = [messageContext.current().tenant, sku];
    const [product] = await this.sql.query<Product>({ name: 'catalog.product', text: ONE, values });
    if (product === undefined) throw new NotFound(`There is no product with the SKU ${sku}.`);
    return product;
  }

  /** Those of the skus that exist, discontinued ones included. */
  forSale(skus: readonly string[]): Promise<ProductForSale[]> {
    const values = [messageContext.current().tenant, skus];
    return this.sql.query<ProductForSale>({ name: 'catalog.products-for-sale', text: FOR_SALE, values });
  }

  async page<Item>(
    { filter, sort, limit, cursor }: ProductPageRequest,
    item: (product: Product) => Item,
  ): Promise<Page<Item>> {
    const { tenant } = messageContext.current();
    const binding = { list: 'products', filter, sort };
    const after = cursor === undefined ? undefined : await this.cursors.open(cursor, binding);
    const { q, category, discontinued } = filter;
    // Without a name: planned for these filters, where a stored plan would have to fit all of them.
    const rows = await this.sql.query<Product>({
      text: pageSql(sort),
      values: [
        tenant,
        q === undefined ? undefined : wordPatterns(q),
        category,
        discontinued,
        after?.[0],
        after?.[1],
        limit + 1,
      ],
    });
    const keysOf = (product: Product): string[] => [sort.key === 'name' ? product.name : product.sku, product.sku];
    return this.cursors.page(rows, { limit, binding, keysOf, item });
  }
}
