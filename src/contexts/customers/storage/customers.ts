import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import { messageContext } from '#kernel';
import { NotFound, VersionMismatch } from '#kernel/domain';
import { normalised, searchText } from '#shared';
import { CustomerExists } from '../domain/customer.refusals.js';
import { changed, type Customer, type CustomerProfile } from '../domain/customer.js';
import { CustomerEntity } from './customer.entity.js';

/** Which customer is to change, and the version the caller saw, where that matters. */
export interface CustomerAt {
  readonly customerId: string;
  readonly ifVersion?: number | undefined;
}

/** What is needed of a new customer; the rest may follow. */
export type NewCustomer = Pick<Customer, 'customerId' | 'name'> & Partial<CustomerProfile>;

/**
 * The write side of the customer records. Each method belongs to a unit of work: the row and the stored answer commit
 * together. A change that is already so changes nothing, not even the version.
 */
@Injectable()
export class Customers {
  constructor(@InjectRepository(CustomerEntity) private readonly customers: Repository<CustomerEntity>) {}

  /** @throws CustomerExists */
  async add(customer: NewCustomer): Promise<Pick<Customer, 'customerId' | 'version'>> {
    if (!(await this.ensure(customer))) throw new CustomerExists(customer.customerId);
    return { customerId: customer.customerId, version: 1 };
  }

  /** Adds the customer unless one has that id: true if it was added. Two at once: one adds, the other waits and sees it. */
  async ensure(customer: NewCustomer): Promise<boolean> {
    const added = normalised(customer);
    const found = searchText(added.customerId, added.name);
    const row = { ...added, searchText: found, tenant: messageContext.current().tenant, version: 1 };
    const insert = this.customers.createQueryBuilder().insert().values(row).orIgnore().returning(['customerId']);
    const { raw } = (await insert.execute()) as { raw: unknown[] };
    return raw.length > 0;
  }

  /** @throws NotFound, VersionMismatch */
  async change({ customerId, ifVersion }: CustomerAt, changes: Partial<CustomerProfile>): Promise<Customer> {
    const before = await this.lock(customerId);
    if (ifVersion !== undefined && ifVersion !== before.version) throw new VersionMismatch(before.version);
    return this.store(before, changes);
  }

  /** Makes the customer equal to another system's. Fields that the other system omits stay as they are. */
  async storeImported({ customerId, ...profile }: NewCustomer): Promise<'added' | 'changed' | 'unchanged'> {
    if (await this.ensure({ customerId, ...profile })) return 'added';
    const before = await this.lock(customerId);
    return (await this.store(before, profile)) === before ? 'unchanged' : 'changed';
  }

  /** The row's lock is held until the unit commits: two edits of one customer are applied one after the other. */
  private async lock(customerId: string): Promise<CustomerEntity> {
    const { tenant } = messageContext.current();
    const where = { tenant, customerId };
    const customer = await this.customers.findOne({ where, lock: { mode: 'for_no_key_update' } });
    if (customer === null) throw new NotFound(`There is no customer with the id ${customerId}.`);
    return customer;
  }

  private async store(before: CustomerEntity, changes: Partial<CustomerProfile>): Promise<Customer> {
    const news = normalised(changes);
    const after = changed(before, news);
    if (after === before) return before;
    const { tenant, customerId, version } = before;
    const { affected } = await this.customers.update(
      { tenant, customerId, version },
      { ...news, searchText: searchText(customerId, after.name), version: after.version },
    );
    if (affected !== 1) throw new VersionMismatch(version);
    return after;
  }
}
