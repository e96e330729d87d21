import { randomUUID } from 'node:crypto';
import { EnsureCustomerCommand } from '#customers/contracts';
import { CommandBus } from '@nestjs/cqrs';
import { ServedWaybill, type Client } from '../support/served-waybill.js';

let server: ServedWaybill;
let support: Client;
beforeAll(async () => {
  server = await ServedWaybill.start(import.meta.url);
  support = await server.as('sue', 'support');
}, 30_000);
afterAll(() => server.stop());

const address = {
  street: 'Obere Str. 57',
  street2: '3rd floor',
  city: 'Berlin',
  region: null,
  postalCode: '12209',
  country: 'Germany',
};
const alfred = {
  name: 'Alfreds Futterkiste',
  contact: 'Maria Anders',
  email: 'maria@example.org',
  phone: '030-0074321',
  address,
};

function add(customerId: string | undefined, more: object = {}) {
  return support.post('/v1/customers').send({ ...alfred, customerId, ...more });
}

describe('POST /v1/customers', () => {
  it('adds a customer and says where it is', async () => {
    const answer = await add('auth0|alfki').expect(201);
    expect(answer.body).toEqual({ customerId: 'auth0|alfki', version: 1 });
    expect(answer.headers).toMatchObject({ location: '/v1/customers/auth0%7Calfki', etag: '"1"' });
    const read = await support.get(answer.headers['location']!).expect(200);
    expect(read.body).toEqual({ customerId: 'auth0|alfki', ...alfred, version: 1 });
    expect(read.headers).toMatchObject({ etag: '"1"' });
  });

  it('makes an id where none is given', async () => {
    const { body } = await add(undefined, { address: { ...address, region: undefined, postalCode: undefined } }).expect(
      201,
    );
    const { customerId } = body as { customerId: string };
    expect(customerId).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/);
    const read = await support.get(`/v1/customers/${customerId}`).expect(200);
    expect(read.body).toMatchObject({ address: { region: null, postalCode: null } });
  });

  it('refuses an id that is taken', async () => {
    await add('TWICE').expect(201);
    const { body } = await add('TWICE').expect(409);
    expect(body).toMatchObject({ code: 'customers.customer-exists', customerId: 'TWICE' });
  });

  it('adds one customer for one idempotency key', async () => {
    const first = await add(undefined).set('idempotency-key', 'once').expect(201);
    const again = await add(undefined).set('idempotency-key', 'once').expect(201);
    expect(again.body).toEqual(first.body);
    expect(again.headers).toMatchObject({ 'idempotent-replayed': 'true' });
  });

  it.each([
    ['no name', { name: undefined }, '/name'],
    ['no name at all', { name: null }, '/name'],
    ['an e-mail address that is none', { email: 'maria' }, '/email'],
    ['a quoted name in an e-mail address', { email: '"a> SIZE=1"@b.example' }, '/email'],
    ['a route in an e-mail address', { email: 'a%evil.example@b.example' }, '/email'],
    ['a phone number of pages', { phone: '1'.repeat(41) }, '/phone'],
    ['an address without a street', { address: { ...address, street: undefined } }, '/address/street'],
    ['an address as text', { address: 'Obere Str. 57' }, '/address'],
    ['a list of addresses', { address: [address] }, '/address'],
    ['an id with a space', { customerId: 'A B' }, '/customerId'],
    ['a field nobody knows', { isAdmin: true }, '/isAdmin'],
  ])('refuses %s, and says where', async (_, wrong, pointer) => {
    const { body } = await add('WRONG', wrong).expect(400);
    expect(body).toMatchObject({ code: 'validation-failed', errors: [expect.objectContaining({ pointer })] });
  });

  it('is for support and services', async () => {
    await (await server.as('ada', 'customer')).post('/v1/customers').send(alfred).expect(403);
    await (await server.as('mary', 'manager')).post('/v1/customers').send(alfred).expect(403);
    await (await server.as('importer', 'service')).post('/v1/customers').send(alfred).expect(201);
  });
});

describe('PATCH /v1/customers/{customerId}', () => {
  it('changes what is said, takes away what is null, and keeps the rest', async () => {
    await add('PATCH');
    const patch = (version: number, body: object) =>
      support.patch('/v1/customers/PATCH').set('if-match', `"${version}"`).send(body);
    const answer = await patch(1, { contact: 'Hanna Moos', email: null }).expect(200);
    expect(answer.body).toEqual({ customerId: 'PATCH', version: 2 });
    expect(answer.headers).toMatchObject({ etag: '"2"' });
    await patch(1, { name: 'Too late' }).expect(412);
    await patch(2, { name: null }).expect(400);
    const read = await support.get('/v1/customers/PATCH').expect(200);
    expect(read.body).toEqual({ customerId: 'PATCH', ...alfred, contact: 'Hanna Moos', email: null, version: 2 });
  });

  it('needs the version that was read', async () => {
    const { body } = await support.patch('/v1/customers/PATCH').send({ name: 'Alfred' }).expect(428);
    expect(body).toMatchObject({ code: 'version-required' });
  });

  it('takes the name again that it stored, and counts names as they are stored', async () => {
    await add('GROWN', { name: '\u0958'.repeat(100) }).expect(201);
    const { body } = await support.get('/v1/customers/GROWN').expect(200);
    const { name } = body as { name: string };
    expect(Array.from(name)).toHaveLength(200);
    const again = await support.patch('/v1/customers/GROWN').set('if-match', '"1"').send({ name }).expect(200);
    expect(again.body).toMatchObject({ version: 1 });
    await add('TOO-LONG', { name: '\u0958'.repeat(101) }).expect(400);
  });

  it('says that nobody knows the customer', async () => {
    await support.patch('/v1/customers/NOBODY').set('if-match', '"1"').send({ name: 'Alfred' }).expect(404);
  });
});

describe('GET /v1/customers', () => {
  const list = async (query: string) => {
    const { body } = await support.get(`/v1/customers?${query}`).expect(200);
    return (body as { data: { customerId: string }[] }).data.map(({ customerId }) => customerId);
  };

  beforeAll(async () => {
    await add('LIST-A', { name: 'Zoë listed', email: 'ZOE@example.org' }).expect(201);
    await add('LIST-B', { name: 'Yan listed' }).expect(201);
  });

  it('finds by a part of the name or the id, and by e-mail', async () => {
    expect(await list('q=LISTED')).toEqual(['LIST-A', 'LIST-B']);
    expect(await list('q=list-b')).toEqual(['LIST-B']);
    expect(await list('email=zoe@example.org')).toEqual(['LIST-A']);
  });

  it('finds by words without accents and joiners', async () => {
    await add('FOLD-A', { name: 'علی\u200cرضا Łukasz' }).expect(201);
    expect(await list(`q=${encodeURIComponent('علیرضا')}`)).toEqual(['FOLD-A']);
    expect(await list('q=LUKASZ')).toEqual(['FOLD-A']);
  });

  it('turns the pages by the longest names and ids, whatever their bytes', async () => {
    const ids = ['1', '2'].map((end) => `long-${'x'.repeat(122)}${end}`);
    for (const id of ids) await add(id, { name: '😀'.repeat(200) }).expect(201);
    for (const sort of ['name', '-name']) {
      const { body } = await support.get(`/v1/customers?q=long-xxx&sort=${sort}&limit=1`).expect(200);
      const { data, page } = body as { data: { customerId: string }[]; page: { next: string } };
      const rest = await list(`q=long-xxx&sort=${sort}&limit=1&cursor=${page.next}`);
      expect([data[0]!.customerId, ...rest].toSorted()).toEqual(ids);
    }
  });

  it('sorts by id or by name, page by page', async () => {
    expect(await list('q=listed&sort=name')).toEqual(['LIST-B', 'LIST-A']);
    const { body } = await support.get('/v1/customers?q=listed&sort=name&limit=1').expect(200);
    const { next } = (body as { page: { next: string } }).page;
    expect(await list(`q=listed&sort=name&limit=1&cursor=${next}`)).toEqual(['LIST-A']);
  });

  it('is not for customers', async () => {
    await (await server.as('ada', 'customer')).get('/v1/customers').expect(403);
  });
});

describe('/v1/me', () => {
  let grace: Client;
  beforeAll(async () => {
    grace = await server.as('auth0|grace', 'customer');
  });

  it('is nobody before the first order', async () => {
    const { body } = await grace.get('/v1/me').expect(404);
    expect(body).toMatchObject({ code: 'not-found' });
    await grace.patch('/v1/me').set('if-match', '"1"').send({ name: 'Grace' }).expect(404);
  });

  it('is the customer who asks, and nobody else', async () => {
    await server.waybill.app
      .get(CommandBus)
      .execute(new EnsureCustomerCommand({ customerId: 'auth0|grace', name: 'Grace' }));
    const read = await grace.get('/v1/me').expect(200);
    expect(read.body).toMatchObject({ customerId: 'auth0|grace', name: 'Grace', version: 1 });
    await (await server.as('eve', 'customer')).get('/v1/me').expect(404);
  });

  it('is changed by the customer, at the version that was read', async () => {
    await grace.patch('/v1/me').send({ phone: '1' }).expect(428);
    const answer = await grace
      .patch('/v1/me')
      .set('if-match', '"1"')
      .send({ phone: '+1 555 0100', address })
      .expect(200);
    expect(answer.body).toEqual({ customerId: 'auth0|grace', version: 2 });
    const read = await grace.get('/v1/me').expect(200);
    expect(read.body).toMatchObject({ name: 'Grace', phone: '+1 555 0100', address });
    expect(read.headers).toMatchObject({ etag: '"2"' });
  });

  it('is not made by a request that was refused', async () => {
    const hopper = await server.as('hopper', 'customer');
    const shipTo = { name: 'Grace Hopper', street: '1 Navy Way', city: 'Arlington', country: 'US' };
    await hopper.put(`/v1/orders/${randomUUID()}/delivery`).set('if-match', '"1"').send({ shipTo }).expect(404);
    await hopper
      .post('/v1/orders')
      .send({ lines: [{ sku: 'NO-SUCH-THING', quantity: 1 }], shipTo })
      .expect(409);
    await hopper.get('/v1/me').expect(404);
  });

  it('is made with the first delivery of a draft, under the name that the parcel goes to', async () => {
    const jean = await server.as('jean', 'customer');
    const shipTo = { name: 'Jean Bartik', street: '1 ENIAC Way', city: 'Philadelphia', country: 'US' };
    const { body } = await jean.post('/v1/orders/drafts').send({}).expect(201);
    const { id } = body as { id: string };
    await jean.put(`/v1/orders/${id}/delivery`).set('if-match', '"1"').send({ shipTo }).expect(200);
    const read = await jean.get('/v1/me').expect(200);
    expect(read.body).toMatchObject({ customerId: 'jean', name: 'Jean Bartik' });
  });

  it('is for customers only', async () => {
    await support.get('/v1/me').expect(403);
  });
});
