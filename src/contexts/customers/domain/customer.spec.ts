import { changed, type Customer } from './customer.js';

const alfred: Customer = {
  customerId: 'ALFKI',
  name: 'Alfreds Futterkiste',
  contact: 'Maria Anders',
  email: null,
  phone: '030-0074321',
  address: {
    street: 'Obere Str. 57',
    street2: null,
    city: 'Berlin',
    region: null,
    postalCode: '12209',
    country: 'Germany',
  },
  version: 2,
};

describe('a customer', () => {
  it('moves to the next version with a change', () => {
    expect(changed(alfred, { contact: 'Hanna Moos' })).toEqual({ ...alfred, contact: 'Hanna Moos', version: 3 });
  });

  it.each([{ street: 'Obere Str. 58' }, { street2: '3rd floor' }])('gets another address as a whole: %j', (change) => {
    const address = { ...alfred.address!, ...change };
    expect(changed(alfred, { address })).toEqual({ ...alfred, address, version: 3 });
  });

  it('loses what is set to null', () => {
    expect(changed(alfred, { address: null, phone: null })).toEqual({
      ...alfred,
      address: null,
      phone: null,
      version: 3,
    });
  });

  it('stays the very same where a change says nothing new', () => {
    expect(changed(alfred, { name: 'Alfreds Futterkiste', email: undefined, address: { ...alfred.address! } })).toBe(
      alfred,
    );
  });
});
