import { Command } from '@nestjs/cqrs';

/** The result of asking that a customer be known: `created` is false where one was known already. */
export interface CustomerEnsured {
  readonly customerId: string;
  readonly created: boolean;
}

/**
 * Makes sure that a signed-in customer has a record, named like this if there is none yet. A known customer is left
 * untouched, also under two simultaneous first orders.
 */
export class EnsureCustomerCommand extends Command<CustomerEnsured> {
  readonly customerId: string;
  readonly name: string;

  constructor({ customerId, name }: { readonly customerId: string; readonly name: string }) {
    super();
    this.customerId = customerId;
    this.name = name;
  }
}
