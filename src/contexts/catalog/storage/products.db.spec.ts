import { MessageContext, StreamReader, CommandPipeline, messageContext } from '#kernel';
import { OrderingApp } from '../../../../test/support/ordering-app.js';
import { PriceChanged, ProductDiscontinued } from '../contracts/index.js';
import { ProductReader } from './product-reader.js';
import { Products } from './products.js';

const texts = { name: 'Bar', category: null, unit: null, taxClass: null };
const euros = (unitPrice: number) => ({ unitPrice, currency: 'EUR' });

let app: OrderingApp;
let products: Products;
let reader: ProductReader;
beforeAll(async () => {
  app = await OrderingApp.open(import.meta.url);
  products = app.waybill.app.get(Products, { strict: false });
  reader = app.waybill.app.get(ProductReader, { strict: false });
}, 30_000);
afterAll(() => app.close());

const inUnit = <T>(work: () => Promise<T>) => app.waybill.app.get(CommandPipeline).run('spec', work);
const add = (sku: string) => inUnit(() => products.add({ sku, ...texts, ...euros(1999) }));
const factsOf = (sku: string) => app.waybill.app.get(StreamReader).events(`catalog.product:${sku}`);

describe('a sku', () => {
  it('is given to one product, also of two at the same instant', async () => {
    const ends = await Promise.allSettled([add('TWIN'), add('TWIN')]);
    const refused = ends.flatMap((end) => (end.status === 'rejected' ? [end.reason as object] : []));
    expect(refused).toEqual([expect.objectContaining({ code: 'catalog.sku-taken', sku: 'TWIN' })]);
    expect(await reader.one('TWIN')).toMatchObject({ version: 1, unitPrice: 1999 });
  });

  it('is looked for as it is written: case matters', async () => {
    await add('Case');
    await expect(reader.one('CASE')).rejects.toMatchObject({ code: 'not-found' });
  });
});

describe('a price', () => {
  it('commits together with the fact that others hear of', async () => {
    await add('PRICED');
    expect(await inUnit(() => products.changePrice({ sku: 'PRICED' }, euros(1799)))).toMatchObject({ version: 2 });
    expect(await reader.one('PRICED')).toMatchObject({ unitPrice: 1799, version: 2 });
    expect(await factsOf('PRICED')).toEqual([new PriceChanged('PRICED', 1799, 'EUR', 1999, 'EUR')]);
  });

  it('leaves neither behind where the unit of work fails', async () => {
    await add('FAILED');
    const failing = inUnit(async () => {
      await products.changePrice({ sku: 'FAILED' }, euros(1));
      throw new Error('the rest of the unit failed');
    });
    await expect(failing).rejects.toThrow('the rest of the unit failed');
    expect(await reader.one('FAILED')).toMatchObject({ unitPrice: 1999, version: 1 });
    expect(await factsOf('FAILED')).toEqual([]);
  });

  it('that is the price already changes nothing', async () => {
    await add('SAME');
    expect(await inUnit(() => products.changePrice({ sku: 'SAME' }, euros(1999)))).toMatchObject({ version: 1 });
    expect(await factsOf('SAME')).toEqual([]);
  });

  it('is changed by one after the other: no edit is lost, whoever comes first', async () => {
    await add('BUSY');
    const prices = Array.from({ length: 12 }, (_, index) => 100 + index);
    await Promise.all(prices.map((price) => inUnit(() => products.changePrice({ sku: 'BUSY' }, euros(price)))));
    const facts = (await factsOf('BUSY')) as PriceChanged[];
    const { unitPrice, version } = await reader.one('BUSY');
    expect(version).toBe(13);
    expect(facts.map((fact) => fact.unitPrice).toSorted((a, b) => a - b)).toEqual(prices);
    expect(facts.slice(1).map((fact) => fact.previousUnitPrice)).toEqual(
      facts.slice(0, -1).map((fact) => fact.unitPrice),
    );
    expect(facts.at(-1)!.unitPrice).toBe(unitPrice);
  });
});

describe('a version that the caller saw', () => {
  it('lets one of two edits through', async () => {
    await add('SEEN');
    const edits = [1, 2].map((n) =>
      inUnit(() => products.describe({ sku: 'SEEN', ifVersion: 1 }, { name: `Bar ${n}` })),
    );
    const ends = await Promise.allSettled(edits);
    const refused = ends.flatMap((end) => (end.status === 'rejected' ? [end.reason as object] : []));
    expect(refused).toEqual([expect.objectContaining({ code: 'version-mismatch', currentVersion: 2 })]);
  });
});

describe('a product', () => {
  it('is discontinued once', async () => {
    await add('GONE');
    await inUnit(() => products.discontinue({ sku: 'GONE' }));
    expect(await inUnit(() => products.discontinue({ sku: 'GONE' }))).toMatchObject({ discontinued: true, version: 2 });
    expect(await factsOf('GONE')).toEqual([new ProductDiscontinued('GONE')]);
  });

  it('keeps one form of what looks the same', async () => {
    await inUnit(() => products.add({ sku: 'NFC', ...texts, ...euros(1), name: 'Cafe\u0301' }));
    expect(await reader.one('NFC')).toMatchObject({ name: 'Caf\u00e9' });
    expect(await inUnit(() => products.describe({ sku: 'NFC' }, { name: 'Cafe\u0301' }))).toMatchObject({ version: 1 });
  });

  it('belongs to its tenant: another may use the same sku, and sees only its own', async () => {
    await add('SHARED');
    const elsewhere = <T>(work: () => Promise<T>) => messageContext.run(new MessageContext({ tenant: 'other' }), work);
    await expect(elsewhere(() => reader.one('SHARED'))).rejects.toMatchObject({ code: 'not-found' });
    await elsewhere(() => inUnit(() => products.add({ sku: 'SHARED', ...texts, ...euros(5) })));
    expect(await elsewhere(() => reader.forSale(['SHARED', 'GONE']))).toMatchObject([{ sku: 'SHARED', unitPrice: 5 }]);
    expect(await reader.one('SHARED')).toMatchObject({ unitPrice: 1999 });
  });

  it('that nobody knows can be neither read nor changed', async () => {
    await expect(reader.one('NONE')).rejects.toMatchObject({ code: 'not-found' });
    await expect(inUnit(() => products.discontinue({ sku: 'NONE' }))).rejects.toMatchObject({ code: 'not-found' });
  });
});
