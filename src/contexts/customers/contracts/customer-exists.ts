import { Query } from '@nestjs/cqrs';

/** Is there a customer with this id? Inside a unit of work it reads on the write side, so an order may be decided on it. */
export class CustomerExistsQuery extends Query<boolean> {
  readonly customerId: string;

  constructor({ customerId }: { readonly customerId: string }) {
    super();
    this.customerId = customerId;
  }
}
