import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { GetCustomerContactQuery, type CustomerContact } from '../contracts/index.js';
import { CustomerReader } from '../storage/customer-reader.js';

@QueryHandler(GetCustomerContactQuery)
export class GetCustomerContactHandler implements IQueryHandler<GetCustomerContactQuery> {
  constructor(private readonly customers: CustomerReader) {}

  execute({ customerId }: GetCustomerContactQuery): Promise<CustomerContact | null> {
    return this.customers.contactOf(customerId);
  }
}
