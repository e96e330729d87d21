import { Refusal } from '#kernel/domain';

/** A customer id names one customer for ever. */
export class CustomerExists extends Refusal {
  override readonly code = 'customers.customer-exists';

  constructor(readonly customerId: string) {
    super(`There is a customer with the id ${customerId} already. Change that one, or choose another id.`);
  }
}
