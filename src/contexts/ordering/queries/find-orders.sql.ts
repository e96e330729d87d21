import type { Sort } from '#platform/http';
import { searchConditions } from '#shared';
import type { OrderStatus } from '../contracts/get-order-summary.js';

/** Which orders a list shows; what is left out doesn't limit it. */
export interface OrderFilter {
  readonly status?: readonly OrderStatus[] | undefined;
  readonly customerId?: string | undefined;
  /** Whose orders may be seen at all; together with another customerId it finds nothing. */
  readonly onlyCustomerId?: string | undefined;
  readonly currency?: string | undefined;
  readonly sku?: string | undefined;
  readonly number?: string | undefined;
  readonly externalNumber?: string | undefined;
  /** RFC 3339, inclusive, like every limit here. */
  readonly placedFrom?: string | undefined;
  readonly placedTo?: string | undefined;
  /** Minor units. */
  readonly totalFrom?: number | undefined;
  readonly totalTo?: number | undefined;
  /** Words that must all occur in numbers, skus or product names. */
  readonly q?: string | undefined;
}

export const ORDER_SORT_KEYS = ['placedAt', 'updatedAt', 'total', 'number'] as const;
export type OrderSort = Sort<(typeof ORDER_SORT_KEYS)[number]>;

/** Columns without nulls, each the front of an index that ends in order_id. */
const SORT_COLUMNS: Readonly<Record<OrderSort['key'], { readonly column: string; readonly type: string }>> = {
  placedAt: { column: 'placed_key', type: 'timestamptz' },
  updatedAt: { column: 'updated_at', type: 'timestamptz' },
  total: { column: 'total', type: 'bigint' },
  number: { column: 'number_key', type: 'text' },
};

const CONDITIONS: Readonly<Record<Exclude<keyof OrderFilter, 'q'>, (param: string) => string>> = {
  status: (param) => `status = ANY (${param}::text[])`,
  customerId: (param) => `customer_id = ${param}`,
  onlyCustomerId: (param) => `customer_id = ${param}`,
  currency: (param) => `currency = ${param}`,
  sku: (param) => `skus @> ARRAY[${param}]`,
  number: (param) => `number_key = lpad(${param}, 24) AND number = ${param}`,
  externalNumber: (param) => `external_number = ${param}`,
  placedFrom: (param) => `placed_key >= ${param}`,
  placedTo: (param) => `placed_at IS NOT NULL AND placed_key <= ${param}`,
  totalFrom: (param) => `total >= ${param}`,
  totalTo: (param) => `total <= ${param}`,
};

const ITEM = `
SELECT order_id AS "orderId", number, external_number AS "externalNumber", customer_id AS "customerId", status, currency,
       total, units, placed_at AS "placedAt", updated_at AS "updatedAt", version, SORT_COLUMN AS "sortKey"
  FROM ordering_read.order_search`;

/** Filters that most lists have: their statements get a name, so that they are planned once per connection. Naming
 *  every combination would fill the server's memory with plans that are never used again. */
const NAMED_FILTERS: ReadonlySet<string> = new Set([
  'onlyCustomerId',
  'customerId',
  'status',
] satisfies (keyof OrderFilter)[]);

export interface Statement {
  readonly name?: string;
  readonly text: string;
  readonly values: unknown[];
}

export interface OrderPageRequest {
  readonly tenant: string;
  readonly filter: OrderFilter;
  readonly sort: OrderSort;
  /** The sort key and the id of the last row of the page before. */
  readonly after?: readonly unknown[] | undefined;
  readonly limit: number;
}

/** One page, plus one row that shows whether there is another. The text of the statement is fixed; only parameters vary. */
export function pageStatement({ tenant, filter, sort, after, limit }: OrderPageRequest): Statement {
  const { text: where, values } = whereClause(tenant, filter);
  const { column, type } = SORT_COLUMNS[sort.key];
  const direction = sort.descending ? 'DESC' : 'ASC';
  const param = (value: unknown): string => `$${values.push(value)}`;
  const seek =
    after === undefined
      ? ''
      : `\n   AND (${column}, order_id) ${sort.descending ? '<' : '>'} (${param(after[0])}::${type}, ${param(after[1])}::uuid)`;
  const order = `\n ORDER BY ${column} ${direction}, order_id ${direction}\n LIMIT ${param(limit + 1)}`;
  const text = `${ITEM.replace('SORT_COLUMN', column)}${where}${seek}${order}`;
  return { ...nameFor(filter, `${column}-${direction}${seek === '' ? '' : '-after'}`), text, values };
}

/** How many orders there are in all the pages. */
export function countStatement(tenant: string, filter: OrderFilter): Statement {
  const { text, values } = whereClause(tenant, filter);
  return { text: `SELECT count(*) AS count FROM ordering_read.order_search${text}`, values };
}

/** How many the planner thinks there are: from statistics, without reading the orders. */
export function estimateStatement(tenant: string, filter: OrderFilter): Statement {
  const { text, values } = whereClause(tenant, filter);
  return { text: `EXPLAIN (FORMAT JSON) SELECT FROM ordering_read.order_search${text}`, values };
}

function nameFor(filter: OrderFilter, rest: string): { name?: string } {
  const fields = Object.keys(filter).filter((field) => filter[field as keyof OrderFilter] !== undefined);
  const isCommon = fields.every((field) => NAMED_FILTERS.has(field));
  return isCommon ? { name: `ordering.orders-${[...fields.toSorted(), rest].join('-')}` } : {};
}

function whereClause(tenant: string, { q, ...filter }: OrderFilter): Statement {
  const values: unknown[] = [tenant];
  const conditions = ['tenant = $1'];
  for (const [field, condition] of Object.entries(CONDITIONS)) {
    const value = filter[field as keyof typeof filter];
    if (value !== undefined) conditions.push(condition(`$${values.push(value)}`));
  }
  conditions.push(...searchConditions('search_text', q, (pattern) => `$${values.push(pattern)}`));
  return { text: `\n WHERE ${conditions.join('\n   AND ')}`, values };
}
