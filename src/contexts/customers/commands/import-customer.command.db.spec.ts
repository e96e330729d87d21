import { OrderingApp } from '../../../../test/support/ordering-app.js';
import { ImportCustomerCommand, type ImportedCustomer } from '../contracts/index.js';
import { CustomerReader } from '../storage/customer-reader.js';

const address = {
  street: 'Obere Str. 57',
  street2: null,
  city: 'Berlin',
  region: null,
  postalCode: '12209',
  country: 'Germany',
};
const alfred = { name: 'Alfreds Futterkiste', contact: 'Maria Anders', phone: '030-0074321', address };

let app: OrderingApp;
beforeAll(async () => void (app = await OrderingApp.open(import.meta.url)), 30_000);
afterAll(() => app.close());

const taking = async (customer: ImportedCustomer) => (await app.execute(new ImportCustomerCommand(customer))).outcome;
const stored = (customerId: string) => app.waybill.app.get(CustomerReader, { strict: false }).one(customerId);

describe('taking a customer over', () => {
  it('adds it, and the second time finds it as it should be', async () => {
    expect(await taking({ customerId: 'ALFKI', ...alfred })).toBe('added');
    expect(await taking({ customerId: 'ALFKI', ...alfred, address: { ...address } })).toBe('unchanged');
    expect(await stored('ALFKI')).toEqual({ customerId: 'ALFKI', ...alfred, email: null, version: 1 });
  });

  it('makes a known one what the other system says, and keeps what that says nothing of', async () => {
    await taking({ customerId: 'ANATR', ...alfred, email: 'ana@example.org' });
    expect(await taking({ customerId: 'ANATR', name: 'Ana Trujillo', contact: 'Ana', phone: null })).toBe('changed');
    expect(await stored('ANATR')).toEqual({
      customerId: 'ANATR',
      name: 'Ana Trujillo',
      contact: 'Ana',
      email: 'ana@example.org',
      phone: null,
      address,
      version: 2,
    });
  });

  it('takes the same customer once, also of two at the same instant', async () => {
    const twins = [1, 2].map(() => taking({ customerId: 'ANTON', ...alfred }));
    expect((await Promise.all(twins)).toSorted()).toEqual(['added', 'unchanged']);
  });

  it('leaves nothing personal in the log or beside the idempotency key', async () => {
    await taking({ customerId: 'AROUT', ...alfred, email: 'thomas@example.org' });
    const { rows } = await app.db.pools.app.query<{ body: string }>(
      `SELECT body FROM kernel.idempotency WHERE body ~ 'Futterkiste|Anders|example'
       UNION ALL SELECT data::text FROM kernel.events WHERE data::text ~ 'Futterkiste|Anders|example'`,
    );
    expect(rows).toEqual([]);
  });
});
