import { Query } from '@nestjs/cqrs';

/** Names by customer id, for a report that shows people. An unknown or erased customer is left out. */
export class GetCustomerNamesQuery extends Query<ReadonlyMap<string, string>> {
  readonly customerIds: readonly string[];

  constructor({ customerIds }: { readonly customerIds: readonly string[] }) {
    super();
    this.customerIds = customerIds;
  }
}
