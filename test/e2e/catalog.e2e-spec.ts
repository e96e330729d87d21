import { ServedWaybill, type Client } from '../support/served-waybill.js';

let server: ServedWaybill;
let manager: Client;
let ada: Client;
beforeAll(async () => {
  server = await ServedWaybill.start(import.meta.url);
  manager = await server.as('mary', 'manager');
  ada = await server.as('ada', 'customer');
}, 30_000);
afterAll(() => server.stop());

const bar = { name: 'Bar', unitPrice: { amount: 1999, currency: 'EUR' } };

function add(sku: string, more: object = {}) {
  return manager.post('/v1/products').send({ ...bar, sku, ...more });
}

describe('POST /v1/products', () => {
  it('adds a product and says where it is', async () => {
    const answer = await add('BAR-1', { category: 'Sweets', unit: '10 bars', taxClass: 'reduced' }).expect(201);
    const product = {
      sku: 'BAR-1',
      name: 'Bar',
      category: 'Sweets',
      unit: '10 bars',
      taxClass: 'reduced',
      unitPrice: { amount: 1999, currency: 'EUR' },
      discontinued: false,
      version: 1,
    };
    expect(answer.body).toEqual(product);
    expect(answer.headers).toMatchObject({ location: '/v1/products/BAR-1', etag: '"1"' });
    const read = await ada.get('/v1/products/BAR-1').expect(200);
    expect(read.body).toEqual(product);
    expect(read.headers).toMatchObject({ etag: '"1"' });
  });

  it('refuses a sku that is taken', async () => {
    await add('BAR-2').expect(201);
    const answer = await add('BAR-2').expect(409);
    expect(answer.body).toMatchObject({ code: 'catalog.sku-taken', sku: 'BAR-2', retryable: false });
  });

  it('adds one product for one idempotency key, and answers alike each time', async () => {
    const first = await add('BAR-3').set('idempotency-key', 'bar-3').expect(201);
    const again = await add('BAR-3').set('idempotency-key', 'bar-3').expect(201);
    expect(again.body).toEqual(first.body);
    expect(again.headers).toMatchObject({ 'idempotent-replayed': 'true', location: '/v1/products/BAR-3', etag: '"1"' });
    const other = await add('BAR-3', { name: 'Another' }).set('idempotency-key', 'bar-3').expect(422);
    expect(other.body).toMatchObject({ code: 'idempotency-key-reused' });
  });

  it('stores a refusal under its key too', async () => {
    await add('BAR-4').expect(201);
    await add('BAR-4').set('idempotency-key', 'bar-4').expect(409);
    const again = await add('BAR-4').set('idempotency-key', 'bar-4').expect(409);
    expect(again.headers).toMatchObject({ 'idempotent-replayed': 'true' });
    expect(again.body).toMatchObject({ code: 'catalog.sku-taken', sku: 'BAR-4' });
  });

  it.each([
    ['no name', { name: undefined }, '/name'],
    ['an empty name', { name: '' }, '/name'],
    ['a name that is too long', { name: 'x'.repeat(201) }, '/name'],
    ['a name with a control character', { name: 'Bar\u0000' }, '/name'],
    ['a name with an override of direction', { name: 'Bar\u202e' }, '/name'],
    ['half a character', { name: 'Bar\ud800' }, '/name'],
    ['a number for a name', { name: 5 }, '/name'],
    ['a sku with a space', { sku: 'BAR 1' }, '/sku'],
    ['a sku of look-alikes', { sku: 'BАR-1' }, '/sku'],
    ['a sku that is too long', { sku: 'x'.repeat(65) }, '/sku'],
    ['no price', { unitPrice: undefined }, '/unitPrice'],
    ['a price without a currency', { unitPrice: { amount: 1 } }, '/unitPrice/currency'],
    ['a price in a currency that is none', { unitPrice: { amount: 1, currency: 'ABC' } }, '/unitPrice/currency'],
    ['a price in a withdrawn currency', { unitPrice: { amount: 1, currency: 'BGN' } }, '/unitPrice/currency'],
    ['a price in small letters', { unitPrice: { amount: 1, currency: 'eur' } }, '/unitPrice/currency'],
    ['a price below nothing', { unitPrice: { amount: -1, currency: 'EUR' } }, '/unitPrice/amount'],
    ['a price with decimals', { unitPrice: { amount: 19.99, currency: 'EUR' } }, '/unitPrice/amount'],
    ['a price as text', { unitPrice: { amount: '1999', currency: 'EUR' } }, '/unitPrice/amount'],
    ['more in the price than belongs there', { unitPrice: { ...bar.unitPrice, net: 1 } }, '/unitPrice/net'],
    ['a version', { version: 7 }, '/version'],
    ['a state', { discontinued: true }, '/discontinued'],
  ])('refuses %s, and says where', async (_, wrong, pointer) => {
    const { body } = await add('WRONG', wrong).expect(400);
    expect(body).toMatchObject({ code: 'validation-failed', errors: [expect.objectContaining({ pointer })] });
    await ada.get('/v1/products/WRONG').expect(404);
  });

  it('is for managers and services', async () => {
    const body = { ...bar, sku: 'NOT-YOURS' };
    await ada.post('/v1/products').send(body).expect(403);
    await server.anonymous().post('/v1/products').send(body).expect(401);
    await (
      await server.as('importer', 'service')
    )
      .post('/v1/products')
      .send({ ...body, sku: 'OURS' })
      .expect(201);
  });
});

describe('PATCH /v1/products/{sku}', () => {
  it('changes what is said, takes away what is null, and keeps the rest', async () => {
    await add('PATCH-1', { category: 'Sweets', unit: '10 bars' });
    const answer = await manager
      .patch('/v1/products/PATCH-1')
      .set('if-match', '"1"')
      .send({ name: 'Baren', category: null })
      .expect(200);
    expect(answer.body).toMatchObject({ name: 'Baren', category: null, unit: '10 bars', version: 2 });
    expect(answer.headers).toMatchObject({ etag: '"2"' });
  });

  it('needs the version that was read', async () => {
    await add('PATCH-2');
    const missing = await manager.patch('/v1/products/PATCH-2').send({ name: 'Baren' }).expect(428);
    expect(missing.body).toMatchObject({ code: 'version-required' });
    const stale = await manager.patch('/v1/products/PATCH-2').set('if-match', '"9"').send({ name: 'B' }).expect(412);
    expect(stale.body).toMatchObject({ code: 'version-mismatch', currentVersion: 1 });
  });

  it('keeps the name and the price out of reach', async () => {
    await add('PATCH-3');
    const patch = (body: object) => manager.patch('/v1/products/PATCH-3').set('if-match', '"1"').send(body);
    await patch({ name: null }).expect(400);
    await patch({ unitPrice: { amount: 1, currency: 'EUR' } }).expect(400);
    await patch({ sku: 'OTHER' }).expect(400);
  });
});

describe('POST /v1/products/{sku}/prices', () => {
  it('sells at another price from now on', async () => {
    await add('PRICE-1');
    const unitPrice = { amount: 1499, currency: 'EUR' };
    const answer = await manager.post('/v1/products/PRICE-1/prices').send({ unitPrice }).expect(200);
    expect(answer.body).toMatchObject({ sku: 'PRICE-1', unitPrice, version: 2 });
    expect(answer.headers['consistency-token']).toEqual(expect.any(String));
    await manager.post('/v1/products/PRICE-1/prices').set('if-match', '"1"').send({ unitPrice }).expect(412);
  });

  it('says that nobody knows the product', async () => {
    const unitPrice = { amount: 1499, currency: 'EUR' };
    const { body } = await manager.post('/v1/products/NONE/prices').send({ unitPrice }).expect(404);
    expect(body).toMatchObject({ code: 'not-found' });
  });
});

describe('POST /v1/products/{sku}/discontinue', () => {
  it('takes a product out of the range, once', async () => {
    await add('GONE-1');
    const first = await manager.post('/v1/products/GONE-1/discontinue').expect(200);
    expect(first.body).toMatchObject({ discontinued: true, version: 2 });
    const again = await manager.post('/v1/products/GONE-1/discontinue').expect(200);
    expect(again.body).toEqual(first.body);
  });
});

describe('GET /v1/products', () => {
  beforeAll(async () => {
    await add('LIST-1', { name: 'Ypsilon', category: 'List' }).expect(201);
    await add('LIST-2', { name: 'Äpfel', category: 'List' }).expect(201);
    await add('LIST-3', { name: '100 % Xenon_2', category: 'List' }).expect(201);
    await manager.post('/v1/products/LIST-3/discontinue').expect(200);
  });

  const list = async (query: string) => {
    const { body } = await ada.get(`/v1/products?category=List&${query}`).expect(200);
    return (body as { data: { sku: string }[] }).data.map(({ sku }) => sku);
  };

  /** Follows the links from page to page. */
  async function pagesFrom(path: string): Promise<{ skus: string[]; next: string | null }[]> {
    const { body, headers } = await ada.get(path).expect(200);
    const { data, page } = body as { data: { sku: string }[]; page: { next: string | null } };
    const link = /^<([^>]+)>; rel="next"$/.exec(headers['link'] ?? '')?.[1];
    const here = { skus: data.map(({ sku }) => sku), next: page.next };
    return [here, ...(link === undefined ? [] : await pagesFrom(link))];
  }

  it('sorts by sku, or by name, both ways', async () => {
    expect(await list('')).toEqual(['LIST-1', 'LIST-2', 'LIST-3']);
    expect(await list('sort=-sku')).toEqual(['LIST-3', 'LIST-2', 'LIST-1']);
    expect(await list('sort=name')).toEqual(['LIST-3', 'LIST-1', 'LIST-2']);
    expect(await list('sort=-name')).toEqual(['LIST-2', 'LIST-1', 'LIST-3']);
  });

  it('finds a part of the name or the sku in any case, taking every character as itself', async () => {
    expect(await list('q=XENON')).toEqual(['LIST-3']);
    expect(await list(`q=${encodeURIComponent('äPF')}`)).toEqual(['LIST-2']);
    expect(await list('q=ist-1')).toEqual(['LIST-1']);
    expect(await list(`q=${encodeURIComponent('%')}`)).toEqual(['LIST-3']);
    expect(await list('q=_')).toEqual(['LIST-3']);
  });

  it('finds by words without accents, in the case that folding gives', async () => {
    await add('FOLD-1', { name: 'Côte de Blaye', category: 'List fold' }).expect(201);
    await add('FOLD-2', { name: 'Straßenkarte ΚΟΣΜΟΣ', category: 'List fold' }).expect(201);
    const found = async (q: string) => {
      const { body } = await ada.get(`/v1/products?category=List%20fold&q=${encodeURIComponent(q)}`).expect(200);
      return (body as { data: { sku: string }[] }).data.map(({ sku }) => sku);
    };
    expect(await found('blaye COTE')).toEqual(['FOLD-1']);
    expect(await found('STRASSE')).toEqual(['FOLD-2']);
    expect(await found('ΚΟΣ')).toEqual(['FOLD-2']);
    expect(await found('cote cosmos')).toEqual([]);
  });

  it('turns the pages by names of 200 characters, whatever their bytes', async () => {
    const names = ['🧺', '\u{10300}', '"'].map((letter) => letter.repeat(200));
    for (const [n, name] of names.entries()) await add(`LONG-${n}`, { name, category: 'Long' }).expect(201);
    for (const sort of ['name', '-name']) {
      const turned = await pagesFrom(`/v1/products?category=Long&sort=${sort}&limit=1`);
      expect(turned.flatMap(({ skus }) => skus).toSorted()).toEqual(['LONG-0', 'LONG-1', 'LONG-2']);
    }
  });

  it('shows what is for sale, or what no longer is', async () => {
    expect(await list('discontinued=true')).toEqual(['LIST-3']);
    expect(await list('discontinued=false')).toEqual(['LIST-1', 'LIST-2']);
  });

  it.each(['sku', '-sku', 'name', '-name'])('turns the pages by %s without losing or repeating one', async (sort) => {
    const whole = await list(`sort=${sort}`);
    const turned = await pagesFrom(`/v1/products?category=List&sort=${sort}&limit=1`);
    expect(turned.map(({ skus }) => skus)).toEqual(whole.map((sku) => [sku]));
    expect(turned.map(({ next }) => next === null)).toEqual([false, false, true]);
  });

  it('refuses a cursor of another list', async () => {
    const { body } = await ada.get('/v1/products?limit=1').expect(200);
    const { next } = (body as { page: { next: string } }).page;
    const answer = await ada.get(`/v1/products?limit=1&sort=name&cursor=${next}`).expect(400);
    expect(answer.body).toMatchObject({ code: 'cursor-invalid' });
  });

  it.each(['limit=0', 'limit=101', 'limit=ten', 'sort=price', 'colour=red', 'q=a&q=b', 'discontinued=maybe', 'q='])(
    'refuses ?%s',
    async (query) => {
      const { body } = await ada.get(`/v1/products?${query}`).expect(400);
      expect(body).toMatchObject({ code: 'validation-failed' });
    },
  );
});

describe('GET /v1/products/{sku}', () => {
  it('answers 304 to who has the version already', async () => {
    await add('ETAG-1');
    await ada.get('/v1/products/ETAG-1').set('if-none-match', '"1"').expect(304);
    await ada.get('/v1/products/ETAG-1').set('if-none-match', '"2"').expect(200);
  });

  it('says that nobody knows the product, also where the sku can be none', async () => {
    await ada.get('/v1/products/NONE').expect(404);
    await ada.get(`/v1/products/${encodeURIComponent("'; drop table products")}`).expect(404);
  });

  it('is for everybody who is signed in', async () => {
    await server.anonymous().get('/v1/products/ETAG-1').expect(401);
  });
});
