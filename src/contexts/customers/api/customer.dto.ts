import { IsOptional, Matches } from 'class-validator';
import { Nested, IsMailAddress, IsText, ListQuery, SortBy, type Sort } from '#platform/http';
import { CUSTOMER_ID_PATTERN } from '#shared';
import { AddressBody } from '#app';
import type { Customer } from '../domain/customer.js';

/** Where a customer lives or works. */
export class CustomerAddressBody extends AddressBody {}

/** Other details of a customer: what is left out stays, what is null is taken away (the name can't be). */
export class ChangeCustomerBody {
  @IsOptional()
  @IsText({ max: 200 })
  name?: string;

  /** The person to talk to, where the customer is a company. */
  @IsOptional()
  @IsText({ max: 200 })
  contact?: string | null;

  /** `name@domain`. Quoted names, and `%` or `!` before the @, are refused: some mail servers read another address in them. */
  @IsOptional()
  @IsMailAddress()
  @IsText({ max: 254 })
  email?: string | null;

  @IsOptional()
  @IsText({ max: 40 })
  phone?: string | null;

  @IsOptional()
  @Nested(() => CustomerAddressBody)
  address?: CustomerAddressBody | null;
}

/** A new customer. */
export class AddCustomerBody {
  /** Kept in events for ever: no mail address, nor anything else about the person. Left out: one is made. */
  @IsOptional()
  @Matches(CUSTOMER_ID_PATTERN)
  customerId?: string | null;

  @IsText({ max: 200 })
  name!: string;

  /** The person to talk to, where the customer is a company. */
  @IsOptional()
  @IsText({ max: 200 })
  contact?: string | null;

  /** `name@domain`. Quoted names, and `%` or `!` before the @, are refused: some mail servers read another address in them. */
  @IsOptional()
  @IsMailAddress()
  @IsText({ max: 254 })
  email?: string | null;

  @IsOptional()
  @IsText({ max: 40 })
  phone?: string | null;

  @IsOptional()
  @Nested(() => CustomerAddressBody)
  address?: CustomerAddressBody | null;
}

/** Which customers to list. */
export class FindCustomersParams extends ListQuery {
  /** Words that all occur in the name or the id, whatever their case and accents. */
  @IsOptional()
  @IsText({ max: 100 })
  q?: string;

  /** The whole address, in any case. */
  @IsOptional()
  @IsMailAddress()
  @IsText({ max: 254 })
  email?: string;

  @SortBy(['customerId', 'name'], 'customerId')
  sort!: Sort;
}

/** A customer as the API shows it. */
export class CustomerBody {
  customerId!: string;
  name!: string;
  contact!: string | null;
  email!: string | null;
  phone!: string | null;
  address!: CustomerAddressBody | null;
  version!: number;
}

/** The answer to a change: no personal data, because it is kept under the idempotency key. */
export class CustomerVersionBody {
  customerId!: string;
  version!: number;
}

export function customerBody(customer: Customer): CustomerBody {
  const { customerId, name, contact, email, phone, address, version } = customer;
  return { customerId, name, contact, email, phone, address, version };
}
