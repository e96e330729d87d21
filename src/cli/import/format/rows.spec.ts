import { readFileSync } from 'node:fs';
import { getMetadataStorage } from 'class-validator';
import { CustomerRow, customerOf } from './customer-row.js';
import { DeliveryAddressBody } from '#app';
import { OrderLineRow, OrderRow, orderOf } from './order-row.js';
import { ProductRow, productOf } from './product-row.js';
import { readRow } from './row-reader.js';

const NOW = new Date('2026-11-23T09:00:00Z');
const bytesOf = (row: unknown): Buffer => Buffer.from(typeof row === 'string' ? row : JSON.stringify(row));

const product = { sku: 'TEA-1', name: 'Tea', unitPrice: 1_800, currency: 'USD', unitsInStock: 39, discontinued: true };
const customer = {
  customerId: 'ALFKI',
  company: 'Alfreds',
  street: 'Obere Str. 57',
  city: 'Berlin',
  country: 'Germany',
};
const shipTo = { name: 'Alfreds', street: 'Obere Str. 57', city: 'Berlin', country: 'Germany' };
const line = { sku: 'TEA-1', unitPrice: 1_440, quantity: 12, discountPercent: 15 };
const order = {
  orderNumber: '10248',
  customerId: 'ALFKI',
  placedOn: '1996-07-04',
  requiredOn: '1996-08-01',
  shippedOn: null,
  carrier: 'Speedy Express',
  freight: 3_238,
  currency: 'USD',
  shipTo,
  lines: [line],
};

const productFrom = (row: unknown): unknown => productOf(readRow(ProductRow, bytesOf(row)));
const customerFrom = (row: unknown): unknown => customerOf(readRow(CustomerRow, bytesOf(row)));
const orderFrom = (row: unknown): unknown => orderOf(readRow(OrderRow, bytesOf(row)), NOW);

describe('a good row', () => {
  it('of products says what the catalog is to hold; stock is left for fulfilment', () => {
    const { unitsInStock: _unitsInStock, ...kept } = product;
    expect(productFrom(product)).toEqual(kept);
  });

  it('of customers makes the company the name and keeps the contact', () => {
    expect(customerFrom({ ...customer, contact: 'Maria Anders', region: null, phone: '030' })).toEqual({
      customerId: 'ALFKI',
      name: 'Alfreds',
      contact: 'Maria Anders',
      phone: '030',
      address: {
        street: 'Obere Str. 57',
        street2: null,
        city: 'Berlin',
        region: null,
        postalCode: null,
        country: 'Germany',
      },
    });
  });

  it('of customers may have a second line in the address', () => {
    expect(customerFrom({ ...customer, street2: '3rd floor' })).toMatchObject({ address: { street2: '3rd floor' } });
  });

  it('of customers may go without an address: null takes it away, nothing leaves it', () => {
    expect(customerFrom({ customerId: 'X', company: 'Y', street: null })).toMatchObject({ address: null });
    expect(customerFrom({ customerId: 'X', company: 'Y' })).toEqual({ customerId: 'X', name: 'Y' });
  });

  it('of orders is placed at midnight UTC, at the prices it was placed at', () => {
    expect(orderFrom(order)).toEqual({
      externalNumber: '10248',
      customerId: 'ALFKI',
      placedAt: '1996-07-04T00:00:00.000Z',
      shippingFee: { amount: 3_238, currency: 'USD' },
      shipTo: { ...shipTo, street2: null, region: null, postalCode: null },
      lines: [{ ...line, currency: 'USD' }],
    });
  });

  it('of orders keeps the name of the goods, the discount, the note, the second address and the time of day', () => {
    const { placedOn: _placedOn, ...rest } = order;
    const row = {
      ...rest,
      placedAt: '1996-07-04T14:05:00+02:00',
      discount: 500,
      shipTo: { ...shipTo, street2: '3rd floor' },
      billTo: { ...shipTo, name: 'Accounts' },
      note: 'Ring twice.\nThen wait.',
      lines: [{ ...line, name: 'Tea of the year' }],
    };
    expect(orderFrom(row)).toMatchObject({
      placedAt: '1996-07-04T12:05:00.000Z',
      discount: { amount: 500, currency: 'USD' },
      shipTo: { street2: '3rd floor' },
      billTo: { name: 'Accounts', street: 'Obere Str. 57', street2: null },
      note: 'Ring twice.\nThen wait.',
      lines: [{ name: 'Tea of the year' }],
    });
  });

  it('of orders has Unix line breaks in its note, from wherever it comes', () => {
    expect(orderFrom({ ...order, note: 'Ring twice.\r\nThen wait.' })).toMatchObject({
      note: 'Ring twice.\nThen wait.',
    });
  });

  it('of orders may name the day beside the time', () => {
    const placedAt = '1996-07-04T23:30:00-05:00';
    expect(orderFrom({ ...order, placedAt })).toMatchObject({ placedAt: '1996-07-05T04:30:00.000Z' });
  });

  it.each([
    ['BGN', '2025-12-30'],
    ['HRK', '2022-06-01'],
    ['DEM', '1996-07-04'],
  ])('of orders may be in %s, which was in use on %s', (currency, placedOn) => {
    expect(orderFrom({ ...order, currency, placedOn, requiredOn: null })).toMatchObject({
      shippingFee: { amount: 3_238, currency },
      lines: [{ currency }],
    });
  });

  it('of orders may be of a day that has begun east of Greenwich', () => {
    const evening = new Date('2026-11-27T22:46:00Z');
    const read = (placedOn: string): unknown => orderOf(readRow(OrderRow, bytesOf({ ...order, placedOn })), evening);
    expect(read('2026-11-28')).toMatchObject({ placedAt: '2026-11-28T00:00:00.000Z' });
    expect(() => read('2026-11-29')).toThrow('placedOn is in the future');
  });

  it('of orders costs no freight and gives no discount where it names none', () => {
    const { freight: _freight, ...rest } = order;
    const { discountPercent: _discountPercent, ...plain } = line;
    expect(orderFrom({ ...rest, lines: [plain] })).toMatchObject({
      shippingFee: { amount: 0, currency: 'USD' },
      lines: [{ discountPercent: 0 }],
    });
  });

  it('may have spaces at the ends of texts where they are to be trimmed; a text of spaces alone is none', () => {
    const row = {
      ...customer,
      company: ' Alfreds ',
      street: 'Obere\u00a0Str. 57\t',
      region: '  ',
      phone: '\u3000030',
    };
    expect(customerOf(readRow(CustomerRow, bytesOf(row), { trim: true }))).toEqual({
      customerId: 'ALFKI',
      name: 'Alfreds',
      phone: '030',
      address: expect.objectContaining({ street: 'Obere\u00a0Str. 57', region: null }),
    });
    expect(() => customerFrom(row)).toThrow('company must be a string of 1 to 200 visible characters');
  });

  it('needs its texts, trimmed or not', () => {
    const read = (company: string): unknown => readRow(CustomerRow, bytesOf({ ...customer, company }), { trim: true });
    expect(() => read('')).toThrow('company must be a string');
    expect(() => read(' ')).toThrow('company must be a string');
  });

  it('has its texts composed, so that a second run finds them the same', () => {
    expect(customerFrom({ ...customer, company: 'Cafe\u0301' })).toMatchObject({ name: 'Caf\u00e9' });
  });
});

describe('a bad row', () => {
  it.each<[string, unknown, string]>([
    ['a cut', '{"orderNumber":"1","cust', 'is not valid JSON: it ends too early; is the file complete?'],
    ['a missing comma', '{"a":1 "b":2}', 'is not valid JSON: comma expected at character 8'],
    ['a comma too many', '{"a":1,}', 'is not valid JSON: property name expected at character 8'],
    ['a comment', '{} // no', 'is not valid JSON: invalid comment token at character 4'],
    [
      'a flaw further down',
      '{"a":1,\n "b" 2}',
      'is not valid JSON: colon expected at character 6 of line 2 of the row',
    ],
    ['a key twice', '{"a":1,"a":2}', 'an object in the row contains a key twice'],
    ['a list', [], 'must be an object'],
    ['null', 'null', 'must be an object'],
    ['two rows that were joined', '{"a":1}\uFEFF{"b":2}', 'has a byte order mark in its middle; were two files joined'],
    ['a mark elsewhere, and another flaw', '{"a":"\uFEFF","b" 2}', 'is not valid JSON: colon expected at character 14'],
    [
      'a rounded number',
      '{"freight":12345678901234567890}',
      'a number in the row is out of range or has too many digits',
    ],
    ['an unknown field', { ...order, rebate: 1 }, 'rebate is not a field of this format'],
    ['a missing field', { ...order, currency: undefined }, 'currency is required'],
    ['a number for a text', { ...order, orderNumber: 10248 }, 'orderNumber must be a string of 1 to 64'],
    [
      'a price with a point',
      { ...order, lines: [{ ...line, unitPrice: 14.4 }] },
      'lines[0].unitPrice must be an integer',
    ],
    [
      'a negative price',
      { ...order, lines: [line, { ...line, unitPrice: -1 }] },
      'lines[1].unitPrice must not be less',
    ],
    ['no units', { ...order, lines: [{ ...line, quantity: 0 }] }, 'lines[0].quantity must not be less than 1'],
    [
      'a discount over 100',
      { ...order, lines: [{ ...line, discountPercent: 101 }] },
      'lines[0].discountPercent must not',
    ],
    [
      'a fraction for a discount',
      { ...order, lines: [{ ...line, discountPercent: 0.15 }] },
      'discountPercent must be an',
    ],
    ['no lines', { ...order, lines: [] }, 'lines must contain at least 1'],
    ['too many lines', { ...order, lines: Array.from({ length: 101 }, () => line) }, 'lines must have at most 100'],
    ['a day that isn’t', { ...order, placedOn: '1997-02-29' }, 'placedOn must be a date like'],
    ['a time for a day', { ...order, placedOn: '1997-02-28T00:00:00Z' }, 'placedOn must be a date like'],
    ['neither day nor time', { ...order, placedOn: null }, 'placedOn is required, or placedAt'],
    [
      'a time of another day',
      { ...order, placedAt: '1996-07-05T00:30:00+02:00' },
      'placedOn and placedAt are different days',
    ],
    ['a time without a zone', { ...order, placedAt: '1996-07-04T09:30:00' }, 'placedAt must be an RFC 3339 time like'],
    ['a time to come', { ...order, placedOn: null, placedAt: '2026-11-23T09:00:01Z' }, 'placedAt is in the future'],
    ['a currency after its end', { ...order, placedOn: '2026-02-01', currency: 'BGN' }, 'BGN was withdrawn in 2026-01'],
    ['less than no discount', { ...order, discount: -1 }, 'discount must not be less than 0'],
    ['half a billing address', { ...order, billTo: { name: 'A', street: 'B' } }, 'billTo.city is required'],
    ['too long a note', { ...order, note: 'x'.repeat(2_001) }, 'note must be a string of 1 to 2000'],
    ['a day to come', { ...order, placedOn: '2026-11-24' }, 'placedOn is in the future'],
    ['a wrong day of dispatch', { ...order, shippedOn: 'soon' }, 'shippedOn must be a date like'],
    ['dispatch before the order', { ...order, shippedOn: '1996-07-03' }, 'shippedOn is before placedOn'],
    ['a currency that isn’t', { ...order, currency: 'USX' }, 'USX is unknown'],
    ['half an address', { ...order, shipTo: { ...shipTo, city: ' ' } }, 'shipTo.city must be a string of 1 to 100'],
  ])('is told: %s', (_name, row, reason) => {
    expect(() => orderFrom(row)).toThrow(reason);
  });

  it('is told for a customer with half an address', () => {
    expect(() => customerFrom({ customerId: 'X', company: 'Y', city: 'Z' })).toThrow('needs street, city and country');
  });

  it('is told for a product with less than nothing in stock', () => {
    expect(() => productFrom({ ...product, unitsInStock: -1 })).toThrow('unitsInStock must not be less than 0');
  });

  it('is told for a product in a currency that isn’t', () => {
    expect(() => productFrom({ ...product, currency: 'EUX' })).toThrow('EUX is unknown');
  });

  it('is told for a product priced in a currency that was withdrawn', () => {
    expect(() => productFrom({ ...product, currency: 'DEM' })).toThrow(
      'currency DEM was withdrawn in 2002-03; prices of new orders need a current currency such as EUR',
    );
  });

  it('is told for bytes that aren’t UTF-8', () => {
    expect(() => readRow(ProductRow, Buffer.from('{"name":"Caf\xe9"}', 'latin1'))).toThrow('is not UTF-8');
  });

  it('names five reasons at once, and how many more there are', () => {
    expect(() => orderFrom({ a: 1, b: 2 })).toThrow(/(.*; ){5}and \d more$/);
  });
});

it.each([ProductRow, CustomerRow, OrderRow, OrderLineRow, DeliveryAddressBody])(
  'the how-to names every field of %p',
  (type) => {
    const page = readFileSync(new URL('../../../../docs/how-to/import-your-data.md', import.meta.url), 'utf8');
    const rules = getMetadataStorage().getTargetValidationMetadatas(type, '', true, false);
    const fields = [...new Set(rules.map(({ propertyName }) => propertyName))];
    expect(fields).not.toEqual([]);
    expect(fields.filter((field) => !page.includes(`\`${field}\``))).toEqual([]);
  },
);
