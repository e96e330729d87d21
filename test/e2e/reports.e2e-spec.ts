import { ServedWaybill, type Client } from '../support/served-waybill.js';

const shipTo = {
  name: 'Ada L.',
  street: '1 Long Row',
  street2: null,
  city: 'Leeds',
  region: null,
  postalCode: null,
  country: 'GB',
};

let server: ServedWaybill;
let manager: Client;
let service: Client;
/** Of the last order placed. */
let token: string;
beforeAll(async () => {
  server = await ServedWaybill.start(import.meta.url);
  manager = await server.as('mary', 'manager');
  service = await server.as('importer', 'service');
  for (const [sku, name] of [
    ['TEE', 'Black tee'],
    ['MUG', 'Mug'],
  ]) {
    const product = { sku, name, unitPrice: { amount: 1000, currency: 'EUR' } };
    await service.post('/v1/products').send(product).expect(201);
  }
  await service.post('/v1/customers').send({ customerId: 'bob', name: 'Bob' }).expect(201);
  await service.post('/v1/customers').send({ customerId: 'cyd', name: 'Cyd' }).expect(201);
  await place('bob', '1997-01-31T23:30:00Z', [{ sku: 'TEE', quantity: 3, discountPercent: 10 }]);
  await place('cyd', '1997-02-01T01:30:00+02:00', [{ sku: 'MUG', quantity: 4, unitPrice: 999 }]);
  await place('cyd', '1997-02-01T00:00:00Z', [{ sku: 'MUG', quantity: 1, unitPrice: 15, discountPercent: 50 }]);
}, 30_000);
afterAll(() => server.stop());

async function place(customerId: string, placedAt: string, lines: object[]): Promise<void> {
  const body = { customerId, placedAt, lines, shipTo, shippingFee: { amount: 250, currency: 'EUR' } };
  const { headers } = await service.post('/v1/orders').send(body).expect(201);
  token = headers['consistency-token']!;
}

async function report(path: string, client = manager): Promise<unknown[]> {
  const { body } = await client.get(`/v1/reports/${path}`).set('consistency-token', token).expect(200);
  return (body as { data: unknown[] }).data;
}

describe('GET /v1/reports/sales', () => {
  const january = {
    period: '1997-01',
    currency: 'EUR',
    orders: 2,
    units: 7,
    gross: 6996,
    discount: 300,
    net: 6696,
    shipping: 500,
  };
  const february = {
    period: '1997-02',
    currency: 'EUR',
    orders: 1,
    units: 1,
    gross: 15,
    discount: 8,
    net: 7,
    shipping: 250,
  };

  it('has what the caller has just done, by the UTC day it was done', async () => {
    expect(await report('sales?by=month')).toEqual([january, february]);
    expect(await report('sales')).toEqual([
      { ...january, period: '1997-01-31' },
      { ...february, period: '1997-02-01' },
    ]);
  });

  it('covers the days asked for, both inclusive', async () => {
    expect(await report('sales?by=month&from=1997-02-01&to=1997-02-01')).toEqual([february]);
    expect(await report('sales?by=day&to=1996-12-31')).toEqual([]);
  });

  it('gives a token of what it holds', async () => {
    const { headers } = await manager.get('/v1/reports/sales').expect(200);
    expect(headers['consistency-token']).toEqual(expect.any(String));
  });
});

describe('GET /v1/reports/top-products', () => {
  const mug = { sku: 'MUG', name: 'Mug', currency: 'EUR', quantity: 5, net: 4003 };
  const tee = { sku: 'TEE', name: 'Black tee', currency: 'EUR', quantity: 3, net: 2700 };

  it('ranks by revenue or by quantity', async () => {
    expect(await report('top-products')).toEqual([mug, tee]);
    expect(await report('top-products?by=quantity&limit=1')).toEqual([mug]);
    expect(await report('top-products?by=revenue&to=1997-01-31')).toEqual([{ ...mug, quantity: 4, net: 3996 }, tee]);
  });
});

describe('GET /v1/reports/top-customers', () => {
  it('ranks by revenue, with names', async () => {
    expect(await report('top-customers?limit=5')).toEqual([
      { customerId: 'cyd', name: 'Cyd', currency: 'EUR', orders: 2, quantity: 5, net: 4003 },
      { customerId: 'bob', name: 'Bob', currency: 'EUR', orders: 1, quantity: 3, net: 2700 },
    ]);
  });
});

describe('orders as large as they may be', () => {
  const largest = 10_000_000_000_000;

  it('are added up in each report, also beyond what a JSON number holds, without harm to another currency', async () => {
    const day = '1999-09-09';
    const price = { amount: 1000, currency: 'IRR' };
    await service.post('/v1/products').send({ sku: 'RUG', name: 'Rug', unitPrice: price }).expect(201);
    // 900 of them, which would take half a minute to place, as the views add them up.
    await server.db.pools.app.query(
      `INSERT INTO insights_read.sales_daily VALUES ('default', '${day}', 'IRR', 900, 900, ${900 * largest}, 0, ${900 * largest}, 0);
       INSERT INTO insights_read.product_sales VALUES ('default', '${day}', 'IRR', 'RUG', 'Rug', 900, ${900 * largest});
       INSERT INTO insights_read.customer_sales VALUES ('default', '${day}', 'IRR', 'bob', 900, 900, ${900 * largest});`,
    );
    const last = [{ sku: 'RUG', quantity: 1, unitPrice: largest }];
    const order = { customerId: 'bob', placedAt: `${day}T10:00:00Z`, lines: last, shipTo };
    await service.post('/v1/orders').send(order).expect(201);
    const beyond = [{ ...last[0], unitPrice: largest + 1 }];
    const { body } = await service
      .post('/v1/orders')
      .send({ ...order, lines: beyond })
      .expect(422);
    expect(body).toMatchObject({ code: 'ordering.amount-too-large', limit: largest });
    await place('cyd', `${day}T11:00:00Z`, [{ sku: 'MUG', quantity: 1 }]);
    const sum = '9010000000000000';
    const euros = {
      period: day,
      currency: 'EUR',
      orders: 1,
      units: 1,
      gross: 1000,
      discount: 0,
      net: 1000,
      shipping: 250,
    };
    expect(await report(`sales?from=${day}&to=${day}`)).toEqual([
      euros,
      { period: day, currency: 'IRR', orders: 901, units: 901, gross: sum, discount: 0, net: sum, shipping: 0 },
    ]);
    expect(await report(`top-products?from=${day}&to=${day}`)).toEqual([
      { sku: 'MUG', name: 'Mug', currency: 'EUR', quantity: 1, net: 1000 },
      { sku: 'RUG', name: 'Rug', currency: 'IRR', quantity: 901, net: sum },
    ]);
    expect(await report(`top-customers?from=${day}&to=${day}`)).toEqual([
      { customerId: 'cyd', name: 'Cyd', currency: 'EUR', orders: 1, quantity: 1, net: 1000 },
      { customerId: 'bob', name: 'Bob', currency: 'IRR', orders: 901, quantity: 901, net: sum },
    ]);
  });
});

describe('a report', () => {
  it.each([
    ['sales?by=week', 'query:by'],
    ['sales?from=1997-02-29', 'query:from'],
    ['sales?from=1997-02-02&to=1997-02-01', 'query:to'],
    ['sales?limit=5', 'query:limit'],
    ['top-products?limit=0', 'query:limit'],
    ['top-products?limit=101', 'query:limit'],
    ['top-products?limit=1e1', 'query:limit'],
    ['top-customers?by=name', 'query:by'],
  ])('refuses %s', async (path, pointer) => {
    const { body } = await manager.get(`/v1/reports/${path}`).expect(400);
    expect(body).toMatchObject({ code: 'validation-failed', errors: [expect.objectContaining({ pointer })] });
  });

  it.each(['sales', 'top-products', 'top-customers'])('of %s is for managers', async (path) => {
    await (await server.as('sue', 'support', 'service', 'finance')).get(`/v1/reports/${path}`).expect(403);
    await server.anonymous().get(`/v1/reports/${path}`).expect(401);
    await (await server.as('root', 'admin')).get(`/v1/reports/${path}`).expect(200);
  });
});
