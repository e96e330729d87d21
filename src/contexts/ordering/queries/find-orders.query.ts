import { Query, QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { ReadSql, ReadsFrom, messageContext } from '#kernel';
import { Cursors, Page } from '#platform/http';
import type { MoneyJson } from '#shared';
import type { OrderStatus } from '../contracts/get-order-summary.js';
import {
  countStatement,
  estimateStatement,
  pageStatement,
  type OrderFilter,
  type OrderSort,
} from './find-orders.sql.js';
import { OrderSearchView } from '../views/order-search/order-search.view.js';

/** An order in a list. */
export interface OrderListItem {
  readonly id: string;
  readonly number: string | null;
  readonly externalNumber: string | null;
  readonly customerId: string;
  readonly status: OrderStatus;
  readonly paymentStatus: 'none';
  readonly fulfilmentStatus: 'unfulfilled';
  readonly currency: string | null;
  /** Null while a draft holds nothing that has a price. */
  readonly total: MoneyJson | null;
  readonly units: number;
  readonly placedAt: string | null;
  readonly updatedAt: string;
  readonly version: number;
}

export interface OrdersRequest {
  readonly filter: OrderFilter;
  readonly sort: OrderSort;
  readonly limit: number;
  readonly cursor?: string | undefined;
  /** Only this customer's orders, whatever the filter contains; null: any customer's. */
  readonly onlyCustomerId: string | null;
  /** How many orders there are on all pages, if that is wanted. */
  readonly count?: 'estimate' | 'exact' | undefined;
}

/** A page that may also have the number of items of all pages. */
class CountedPage<T> extends Page<T> {
  override readonly page: Page<T>['page'] & { readonly total?: number };

  constructor({ data, page }: Page<T>, total: number | undefined) {
    super(data, page.limit, page.next);
    this.page = { ...page, ...(total === undefined ? {} : { total }) };
  }
}

/** The orders that fit a filter, page by page. */
export class FindOrdersQuery extends Query<Page<OrderListItem>> {
  constructor(readonly request: OrdersRequest) {
    super();
  }
}

interface SearchRow extends Omit<OrderListItem, 'id' | 'total' | 'paymentStatus' | 'fulfilmentStatus'> {
  readonly orderId: string;
  readonly total: number;
  readonly sortKey: string | number;
}

@QueryHandler(FindOrdersQuery)
@ReadsFrom(OrderSearchView)
export class FindOrdersHandler implements IQueryHandler<FindOrdersQuery> {
  constructor(
    private readonly sql: ReadSql,
    private readonly cursors: Cursors,
  ) {}

  async execute({ request }: FindOrdersQuery): Promise<Page<OrderListItem>> {
    const { tenant } = messageContext.current();
    const { sort, limit, cursor, onlyCustomerId } = request;
    const filter = limitedTo(onlyCustomerId, request.filter);
    const binding = { list: 'orders', filter, sort };
    const after = cursor === undefined ? undefined : await this.cursors.open(cursor, binding);
    const rows = await this.sql.query<SearchRow>(pageStatement({ tenant, filter, sort, after, limit }));
    const keysOf = (row: SearchRow): (string | number)[] => [row.sortKey, row.orderId];
    const page = await this.cursors.page(rows, { limit, binding, keysOf, item: listItem });
    return new CountedPage(page, await this.#count(request, tenant, filter));
  }

  /** The planner estimates by statistics over the orders of all customers, so a customer's own are counted, by their index. */
  async #count(
    { count, onlyCustomerId }: OrdersRequest,
    tenant: string,
    filter: OrderFilter,
  ): Promise<number | undefined> {
    switch (count) {
      case undefined:
        return undefined;
      case 'exact':
        return this.#exactCount(tenant, filter);
      case 'estimate':
        return onlyCustomerId === null ? this.#estimatedCount(tenant, filter) : this.#exactCount(tenant, filter);
      default:
        return count satisfies never;
    }
  }

  async #exactCount(tenant: string, filter: OrderFilter): Promise<number> {
    const [row] = await this.sql.query<{ count: number }>(countStatement(tenant, filter));
    return row!.count;
  }

  async #estimatedCount(tenant: string, filter: OrderFilter): Promise<number> {
    const statement = estimateStatement(tenant, filter);
    const [row] = await this.sql.query<{ 'QUERY PLAN': [{ Plan: { 'Plan Rows': number } }] }>(statement);
    return row!['QUERY PLAN'][0].Plan['Plan Rows'];
  }
}

/** A customer's filter reaches their own orders only; a filter for another customer's finds nothing. */
function limitedTo(onlyCustomerId: string | null, filter: OrderFilter): OrderFilter {
  return onlyCustomerId === null ? filter : { ...filter, onlyCustomerId };
}

export function listItem({ orderId, total, sortKey: _sortKey, ...row }: SearchRow): OrderListItem {
  const { number, externalNumber, customerId, status, currency, units, placedAt, updatedAt, version } = row;
  return {
    id: orderId,
    number,
    externalNumber,
    customerId,
    status,
    paymentStatus: 'none',
    fulfilmentStatus: 'unfulfilled',
    currency,
    total: currency === null ? null : { amount: total, currency },
    units,
    placedAt,
    updatedAt,
    version,
  };
}
