import { CommandPipeline } from '#kernel';
import { OrderingApp } from '../../../../test/support/ordering-app.js';
import { GetCustomerContactQuery } from '#customers/contracts';
import { CustomerReader } from './customer-reader.js';
import { Customers } from './customers.js';

const address = { street: '1 Long Row', street2: null, city: 'Leeds', region: null, postalCode: null, country: 'GB' };

let app: OrderingApp;
let customers: Customers;
let reader: CustomerReader;
beforeAll(async () => {
  app = await OrderingApp.open(import.meta.url);
  customers = app.waybill.app.get(Customers, { strict: false });
  reader = app.waybill.app.get(CustomerReader, { strict: false });
}, 30_000);
afterAll(() => app.close());

const inUnit = <T>(work: () => Promise<T>) => app.waybill.app.get(CommandPipeline).run('spec', work);
const add = (customerId: string) => inUnit(() => customers.add({ customerId, name: 'Grace H.' }));

describe('a customer id', () => {
  it('is given to one customer, also of two at the same instant', async () => {
    const ends = await Promise.allSettled([add('twin'), add('twin')]);
    const refused = ends.flatMap((end) => (end.status === 'rejected' ? [end.reason as object] : []));
    expect(refused).toEqual([expect.objectContaining({ code: 'customers.customer-exists', customerId: 'twin' })]);
  });
});

describe('a profile', () => {
  it('changes only in what is said', async () => {
    await add('grace');
    await inUnit(() => customers.change({ customerId: 'grace' }, { email: 'grace@example.org', address }));
    await inUnit(() => customers.change({ customerId: 'grace' }, { email: null, name: 'Grace Hopper' }));
    expect(await reader.one('grace')).toEqual({
      customerId: 'grace',
      name: 'Grace Hopper',
      contact: null,
      email: null,
      phone: null,
      address,
      version: 3,
    });
  });

  it('stays at its version where a change says nothing new', async () => {
    await add('same');
    await inUnit(() => customers.change({ customerId: 'same' }, { address }));
    expect(await inUnit(() => customers.change({ customerId: 'same' }, { address: { ...address } }))).toMatchObject({
      version: 2,
    });
  });

  it('is edited by one of two who saw the same version', async () => {
    await add('seen');
    const edit = (name: string) => inUnit(() => customers.change({ customerId: 'seen', ifVersion: 1 }, { name }));
    const ends = await Promise.allSettled([edit('one'), edit('other')]);
    const refused = ends.flatMap((end) => (end.status === 'rejected' ? [end.reason as object] : []));
    expect(refused).toEqual([expect.objectContaining({ code: 'version-mismatch', currentVersion: 2 })]);
  });

  it('of nobody can be neither read nor changed', async () => {
    await expect(reader.one('nobody')).rejects.toMatchObject({ code: 'not-found' });
    const change = inUnit(() => customers.change({ customerId: 'nobody' }, { name: 'Some' }));
    await expect(change).rejects.toMatchObject({ code: 'not-found' });
  });
});

describe('the contact of a customer', () => {
  it('is name and e-mail, as far as they are known', async () => {
    await add('reached');
    const contact = () => app.ask(new GetCustomerContactQuery({ customerId: 'reached' }));
    expect(await contact()).toEqual({ name: 'Grace H.', email: null });
    await inUnit(() => customers.change({ customerId: 'reached' }, { email: 'grace@example.org' }));
    expect(await contact()).toEqual({ name: 'Grace H.', email: 'grace@example.org' });
    expect(await app.ask(new GetCustomerContactQuery({ customerId: 'nobody' }))).toBeNull();
  });
});
