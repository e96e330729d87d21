import { Injectable } from '@nestjs/common';
import { ReadSql, messageContext } from '#kernel';
import { Cursors, type Page, type Sort } from '#platform/http';
import { NotFound } from '#kernel/domain';
import { searchConditions } from '#shared';
import type { CustomerContact } from '../contracts/index.js';
import type { Customer } from '../domain/customer.js';

/** Which customers a list shows. */
export interface CustomerFilter {
  /** Words that all occur in the name or the id, whatever their case and accents. */
  readonly q?: string | undefined;
  /** The whole address, in any case. */
  readonly email?: string | undefined;
}

export interface CustomerPageRequest {
  readonly filter: CustomerFilter;
  readonly sort: Sort;
  readonly limit: number;
  readonly cursor?: string | undefined;
}

const COLUMNS = 'customer_id AS "customerId", name, contact, email, phone, address, version';

const ONE = `SELECT ${COLUMNS} FROM customers.customers WHERE tenant = $1 AND customer_id = $2`;

/** An index-only probe of the primary key. On the path of every order. */
const EXISTS = 'SELECT EXISTS (SELECT FROM customers.customers WHERE tenant = $1 AND customer_id = $2) AS known';

const CONTACT = 'SELECT name, email FROM customers.customers WHERE tenant = $1 AND customer_id = $2';

const NAMES =
  'SELECT customer_id AS "customerId", name FROM customers.customers WHERE tenant = $1 AND customer_id = ANY ($2::text[])';

/**
 * Follows the primary key (by id) or ix_customers_name; the last row's keys mark the start of the next page. Words are found by
 * ix_customers_text. Without a name: planned for these filters, where a stored plan would have to fit all of them.
 */
function pageStatement(
  tenant: string,
  { filter, sort: { key, descending }, limit }: CustomerPageRequest,
  after: readonly unknown[] | undefined,
): { text: string; values: unknown[] } {
  const keys = key === 'name' ? ['name', 'customer_id'] : ['customer_id', 'customer_id'];
  const direction = descending ? 'DESC' : 'ASC';
  const values: unknown[] = [tenant, filter.email, after?.[0], after?.[1], limit + 1];
  const words = searchConditions('search_text', filter.q, (pattern) => `$${values.push(pattern)}`);
  const text = `
SELECT ${COLUMNS}
  FROM customers.customers
 WHERE ${['tenant = $1', ...words].join(' AND ')}
   AND ($2::text IS NULL OR lower(email) = lower($2))
   AND ($3::text IS NULL OR (${keys.join(', ')}) ${descending ? '<' : '>'} ($3, $4))
 ORDER BY ${keys.map((column) => `${column} ${direction}`).join(', ')}
 LIMIT $5`;
  return { text, values };
}

/** The read side of the customer records: their own table, by the read-only role unless a unit of work is open. */
@Injectable()
export class CustomerReader {
  constructor(
    private readonly sql: ReadSql,
    private readonly cursors: Cursors,
  ) {}

  /** @throws NotFound */
  async one(customerId: string): Promise<Customer> {
    const values = [messageContext.current().tenant, customerId];
    const [customer] = await this.sql.query<Customer>({ name: 'customers.customer', text: ONE, values });
    if (customer === undefined) throw new NotFound(`There is no customer with the id ${customerId}.`);
    return customer;
  }

  async isKnown(customerId: string): Promise<boolean> {
    const values = [messageContext.current().tenant, customerId];
    const [row] = await this.sql.query<{ known: boolean }>({ name: 'customers.exists', text: EXISTS, values });
    return row?.known === true;
  }

  async contactOf(customerId: string): Promise<CustomerContact | null> {
    const values = [messageContext.current().tenant, customerId];
    const [contact] = await this.sql.query<CustomerContact>({ name: 'customers.contact', text: CONTACT, values });
    return contact ?? null;
  }

  async namesOf(customerIds: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const values = [messageContext.current().tenant, customerIds];
    const rows = await this.sql.query<{ customerId: string; name: string }>({
      name: 'customers.names',
      text: NAMES,
      values,
    });
    return new Map(rows.map(({ customerId, name }) => [customerId, name]));
  }

  async page<Item>(request: CustomerPageRequest, item: (customer: Customer) => Item): Promise<Page<Item>> {
    const { tenant } = messageContext.current();
    const { filter, sort, limit, cursor } = request;
    const binding = { list: 'customers', filter, sort };
    const after = cursor === undefined ? undefined : await this.cursors.open(cursor, binding);
    const rows = await this.sql.query<Customer>(pageStatement(tenant, request, after));
    const keysOf = ({ name, customerId }: Customer): string[] => [sort.key === 'name' ? name : customerId, customerId];
    return this.cursors.page(rows, { limit, binding, keysOf, item });
  }
}
