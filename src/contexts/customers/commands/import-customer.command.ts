import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ImportCustomerCommand, type CustomerImported } from '../contracts/index.js';
import { Customers } from '../storage/customers.js';

@CommandHandler(ImportCustomerCommand)
export class ImportCustomerHandler implements ICommandHandler<ImportCustomerCommand> {
  constructor(private readonly customers: Customers) {}

  async execute({ customer }: ImportCustomerCommand): Promise<CustomerImported> {
    const { contact = null, email = null, phone = null, address = null, ...rest } = customer;
    const outcome = await this.customers.takeOver({ ...rest, contact, email, phone, address });
    return { customerId: customer.customerId, outcome };
  }
}
