import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ImportCustomerCommand, type CustomerImported } from '../contracts/index.js';
import { Customers } from '../storage/customers.js';

@CommandHandler(ImportCustomerCommand)
export class ImportCustomerHandler implements ICommandHandler<ImportCustomerCommand> {
  constructor(private readonly customers: Customers) {}

  async execute({ customer }: ImportCustomerCommand): Promise<CustomerImported> {
    return { customerId: customer.customerId, outcome: await this.customers.storeImported(customer) };
  }
}
