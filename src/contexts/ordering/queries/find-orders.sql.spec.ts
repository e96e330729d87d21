import {
  countStatement,
  estimateStatement,
  pageStatement,
  type OrderFilter,
  type OrderSort,
} from './find-orders.sql.js';

const everything: Required<OrderFilter> = {
  status: ['placed'],
  customerId: 'ada',
  onlyCustomerId: 'ada',
  currency: 'EUR',
  sku: 'TEE',
  number: 'SO-1001',
  externalNumber: '10248',
  placedFrom: '2026-01-01T00:00:00Z',
  placedTo: '2026-02-01T00:00:00Z',
  totalFrom: 1,
  totalTo: 2,
  q: "black'; drop table orders; --",
};
const byTotal: OrderSort = { key: 'total', descending: false };
const newestFirst: OrderSort = { key: 'placedAt', descending: true };

describe('the SQL behind a list of orders', () => {
  it('is this, without a filter', () => {
    expect(pageStatement({ tenant: 'default', filter: {}, sort: newestFirst, limit: 20 })).toMatchSnapshot();
  });

  it('is this, with every filter there is, on the second page', () => {
    const after = [3998, '01980b5c-2f00-7000-8000-000000000001'];
    expect(pageStatement({ tenant: 'default', filter: everything, sort: byTotal, after, limit: 20 })).toMatchSnapshot();
  });

  it('is this, where orders are counted', () => {
    expect(countStatement('default', { customerId: 'ada' })).toMatchSnapshot('exact');
    expect(estimateStatement('default', { customerId: 'ada' })).toMatchSnapshot('estimate');
  });

  it('holds no text from outside', () => {
    const { text } = pageStatement({ tenant: 'evil-tenant', filter: everything, sort: byTotal, limit: 20 });
    for (const value of ['evil-tenant', 'ada', 'EUR', 'TEE', 'SO-1001', '10248', 'drop', '2026']) {
      expect(text).not.toContain(value);
    }
  });

  it('finds nothing by a question without words', () => {
    expect(countStatement('default', { q: '\u0301' }).text).toContain('false');
  });
});
