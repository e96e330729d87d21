import { OrderingApp } from '../../../../test/support/ordering-app.js';
import { CustomerExistsQuery, EnsureCustomerCommand, GetCustomerNamesQuery } from '../contracts/index.js';

let app: OrderingApp;
beforeAll(async () => void (app = await OrderingApp.open(import.meta.url)), 30_000);
afterAll(() => app.close());

const ensuring = (customerId: string, name: string) => app.execute(new EnsureCustomerCommand({ customerId, name }));
const nameOf = async (customerId: string) =>
  (await app.ask(new GetCustomerNamesQuery({ customerIds: [customerId] }))).get(customerId);

describe('a customer who orders for the first time', () => {
  it('gets a record under the name the parcel goes to', async () => {
    expect(await app.ask(new CustomerExistsQuery({ customerId: 'auth0|grace' }))).toBe(false);
    expect(await ensuring('auth0|grace', 'Grace H.')).toEqual({ customerId: 'auth0|grace', created: true });
    expect(await app.ask(new CustomerExistsQuery({ customerId: 'auth0|grace' }))).toBe(true);
    expect(await nameOf('auth0|grace')).toBe('Grace H.');
  });

  it('gets one record from two first orders at the same instant', async () => {
    const both = await Promise.all([ensuring('linus', 'Linus'), ensuring('linus', 'Linus T.')]);
    expect(both.filter(({ created }) => created)).toHaveLength(1);
  });
});

describe('a known customer', () => {
  it('is left untouched', async () => {
    await ensuring('margaret', 'Margaret H.');
    expect(await ensuring('margaret', 'Somebody else')).toEqual({ customerId: 'margaret', created: false });
    expect(await nameOf('margaret')).toBe('Margaret H.');
  });
});

describe('names of customers', () => {
  it('leave out who is unknown', async () => {
    const names = await app.ask(new GetCustomerNamesQuery({ customerIds: ['ada', 'nobody'] }));
    expect([...names]).toEqual([['ada', 'Ada L.']]);
  });
});
