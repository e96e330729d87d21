import { QueryHandler, type IQueryHandler } from '@nestjs/cqrs';
import { GetCustomerNamesQuery } from '../contracts/index.js';
import { CustomerReader } from '../storage/customer-reader.js';

@QueryHandler(GetCustomerNamesQuery)
export class GetCustomerNamesHandler implements IQueryHandler<GetCustomerNamesQuery> {
  constructor(private readonly customers: CustomerReader) {}

  execute({ customerIds }: GetCustomerNamesQuery): Promise<ReadonlyMap<string, string>> {
    return this.customers.namesOf(customerIds);
  }
}
