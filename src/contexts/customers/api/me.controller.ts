import { Body, Controller, Get, Patch } from '@nestjs/common';
import { Roles } from '#app';
import { UnitOfWorkRoute, type Principal } from '#kernel';
import { Changes, CurrentPrincipal, IfVersion, Versioned } from '#platform/http';
import { CustomerReader } from '../storage/customer-reader.js';
import { Customers } from '../storage/customers.js';
import { ChangeCustomerBody, CustomerBody, CustomerVersionBody, customerBody } from './customer.dto.js';
import { profileChanges } from './customer-texts.js';

/** The signed-in customer's own record: it comes into being with the first order. */
@Controller('v1/me')
@Roles('customer')
export class MeController {
  constructor(
    private readonly customers: Customers,
    private readonly reader: CustomerReader,
  ) {}

  @Get()
  @Versioned()
  async one(@CurrentPrincipal() { id }: Principal): Promise<CustomerBody> {
    return customerBody(await this.reader.one(id));
  }

  @Patch()
  @Changes()
  @UnitOfWorkRoute()
  async change(
    @CurrentPrincipal() { id: customerId }: Principal,
    @IfVersion({ required: true }) ifVersion: number,
    @Body() body: ChangeCustomerBody,
  ): Promise<CustomerVersionBody> {
    const { version } = await this.customers.change({ customerId, ifVersion }, profileChanges(body));
    return { customerId, version };
  }
}
