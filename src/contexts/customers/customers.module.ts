import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import './api/customers.problems.js';
import { CustomersController } from './api/customers.controller.js';
import { MeController } from './api/me.controller.js';
import { EnsureCustomerHandler } from './commands/ensure-customer.command.js';
import { ImportCustomerHandler } from './commands/import-customer.command.js';
import { CustomerExistsHandler } from './queries/customer-exists.query.js';
import { CustomerReader } from './storage/customer-reader.js';
import { CustomerEntity } from './storage/customer.entity.js';
import { Customers } from './storage/customers.js';
import { GetCustomerContactHandler } from './queries/get-customer-contact.query.js';
import { GetCustomerNamesHandler } from './queries/get-customer-names.query.js';

@Module({
  imports: [TypeOrmModule.forFeature([CustomerEntity])],
  controllers: [CustomersController, MeController],
  providers: [
    CustomerExistsHandler,
    CustomerReader,
    Customers,
    EnsureCustomerHandler,
    GetCustomerContactHandler,
    GetCustomerNamesHandler,
    ImportCustomerHandler,
  ],
})
export class CustomersModule {}
