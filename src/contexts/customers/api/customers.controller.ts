import { Body, Controller, Get, Patch, Post, Query } from '@nestjs/common';
import { Roles } from '#app';
import { UnitOfWorkRoute, newId } from '#kernel';
import { Changes, Creates, IfVersion, PathText, Versioned, type Page } from '#platform/http';
import { CUSTOMER_ID_PATTERN } from '#shared';
import { CustomerReader } from '../storage/customer-reader.js';
import { Customers } from '../storage/customers.js';
import {
  AddCustomerBody,
  ChangeCustomerBody,
  CustomerBody,
  CustomerVersionBody,
  FindCustomersParams,
  customerBody,
} from './customer.dto.js';
import { profileChanges } from './customer-texts.js';

@Controller('v1/customers')
@Roles('support', 'service')
export class CustomersController {
  constructor(
    private readonly customers: Customers,
    private readonly reader: CustomerReader,
  ) {}

  @Get()
  find(@Query() { limit, cursor, sort, ...filter }: FindCustomersParams): Promise<Page<CustomerBody>> {
    return this.reader.page({ filter, sort, limit, cursor }, customerBody);
  }

  @Get(':customerId')
  @Versioned()
  async one(@PathText('customerId', CUSTOMER_ID_PATTERN) customerId: string): Promise<CustomerBody> {
    return customerBody(await this.reader.one(customerId));
  }

  @Post()
  @Creates('/v1/customers/:customerId')
  @UnitOfWorkRoute()
  add(@Body() { customerId, ...body }: AddCustomerBody): Promise<CustomerVersionBody> {
    return this.customers.add({ ...profileChanges(body), name: body.name, customerId: customerId ?? newId() });
  }

  @Patch(':customerId')
  @Changes()
  @UnitOfWorkRoute()
  async change(
    @PathText('customerId', CUSTOMER_ID_PATTERN) customerId: string,
    @IfVersion({ required: true }) ifVersion: number,
    @Body() body: ChangeCustomerBody,
  ): Promise<CustomerVersionBody> {
    const { version } = await this.customers.change({ customerId, ifVersion }, profileChanges(body));
    return { customerId, version };
  }
}
