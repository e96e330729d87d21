import type { CustomerAddress } from '../contracts/index.js';

/** What may change in a customer; all of it personal data. */
export interface CustomerProfile {
  readonly name: string;
  /** The person to talk to, where the customer is a company. */
  readonly contact: string | null;
  readonly email: string | null;
  readonly phone: string | null;
  readonly address: CustomerAddress | null;
}

/** A customer as it stands now. */
export interface Customer extends CustomerProfile {
  readonly customerId: string;
  /** Counts the edits from 1. */
  readonly version: number;
}

/** The customer with the changes, at the next version; the very same customer where they change nothing. */
export function changed(customer: Customer, changes: Partial<CustomerProfile>): Customer {
  const news = Object.entries(changes).filter(([field, value]) => {
    return value !== undefined && !same(value, customer[field as keyof CustomerProfile]);
  });
  return news.length === 0 ? customer : { ...customer, ...Object.fromEntries(news), version: customer.version + 1 };
}

function same(one: string | CustomerAddress | null, other: string | CustomerAddress | null): boolean {
  if (one === null || other === null || typeof one === 'string' || typeof other === 'string') return one === other;
  return ADDRESS_FIELDS.every((field) => one[field] === other[field]);
}

const ADDRESS_FIELDS = [
  'street',
  'street2',
  'city',
  'region',
  'postalCode',
  'country',
] as const satisfies (keyof CustomerAddress)[];
