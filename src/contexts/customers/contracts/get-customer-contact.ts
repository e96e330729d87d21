import { Query } from '@nestjs/cqrs';

/** How to reach a customer. Personal data: use it at once, and keep it nowhere. */
export interface CustomerContact {
  readonly name: string;
  /** Null where none is known. */
  readonly email: string | null;
}

/** How a customer can be reached now; null for an unknown or erased one. */
export class GetCustomerContactQuery extends Query<CustomerContact | null> {
  readonly customerId: string;

  constructor({ customerId }: { readonly customerId: string }) {
    super();
    this.customerId = customerId;
  }
}
