import { Injectable } from '@nestjs/common';
import { ReadSql, messageContext } from '#kernel';
import { Cursors, type Page, type Sort } from '#platform/http';
import { NotFound } from '#kernel/domain';
import { searchConditions } from '#shared';
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

/**
 * Follows the primary key (by sku) or ix_products_name; the last row's keys mark the start of the next page. Words are found by
 * ix_products_text. Without a name: planned for these filters, where a stored plan would have to fit all of them.
 */
function pageStatement(
  tenant: string,
  { filter, sort: { key, descending }, limit }: ProductPageRequest,
  after: readonly unknown[] | undefined,
): { text: string; values: unknown[] } {
  const keys = key === 'name' ? ['name', 'sku'] : ['sku', 'sku'];
  const direction = descending ? 'DESC' : 'ASC';
  const values: unknown[] = [tenant, filter.category, filter.discontinued, after?.[0], after?.[1], limit + 1];
  const words = searchConditions('search_text', filter.q, (pattern) => `$${values.push(pattern)}`);
  const text = `
SELECT ${COLUMNS}
  FROM catalog.products
 WHERE ${['tenant = $1', ...words].join(' AND ')}
   AND ($2::text IS NULL OR category = $2)
   AND ($3::boolean IS NULL OR discontinued = $3)
   AND ($4::text IS NULL OR (${keys.join(', ')}) ${descending ? '<' : '>'} ($4, $5))
 ORDER BY ${keys.map((column) => `${column} ${direction}`).join(', ')}
 LIMIT $6`;
  return { text, values };
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

  async page<Item>(request: ProductPageRequest, item: (product: Product) => Item): Promise<Page<Item>> {
    const { tenant } = messageContext.current();
    const { filter, sort, limit, cursor } = request;
    const binding = { list: 'products', filter, sort };
    const after = cursor === undefined ? undefined : await this.cursors.open(cursor, binding);
    const rows = await this.sql.query<Product>(pageStatement(tenant, request, after));
    const keysOf = (product: Product): string[] => [sort.key === 'name' ? product.name : product.sku, product.sku];
    return this.cursors.page(rows, { limit, binding, keysOf, item });
  }
}
