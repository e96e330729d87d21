import { Refusal } from '#kernel/domain';

/** A customer id names one customer for ever. */
export class CustomerExists extends Refusal {
  override readonly code = 'customers.customer-exists';

  constructor(readonly customerId: string) {
    super(`A customer with the id ${customerId} already exists. Update it, or choose another id.`);
  }
}
