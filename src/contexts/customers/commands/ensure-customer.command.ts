import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { EnsureCustomerCommand, type CustomerEnsured } from '../contracts/index.js';
import { Customers } from '../storage/customers.js';

@CommandHandler(EnsureCustomerCommand)
export class EnsureCustomerHandler implements ICommandHandler<EnsureCustomerCommand> {
  constructor(private readonly customers: Customers) {}

  async execute({ customerId, name }: EnsureCustomerCommand): Promise<CustomerEnsured> {
    return { customerId, created: await this.customers.ensure({ customerId, name }) };
  }
}
