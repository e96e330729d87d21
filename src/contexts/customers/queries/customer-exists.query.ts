import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { CustomerExistsQuery } from '../contracts/index.js';
import { CustomerReader } from '../storage/customer-reader.js';

@QueryHandler(CustomerExistsQuery)
export class CustomerExistsHandler implements IQueryHandler<CustomerExistsQuery> {
  constructor(private readonly customers: CustomerReader) {}

  execute({ customerId }: CustomerExistsQuery): Promise<boolean> {
    return this.customers.isKnown(customerId);
  }
}
