import { StreamReader } from '#kernel';
import { OrderingApp } from '../../../../test/support/ordering-app.js';
import {
  GetProductsForSaleQuery,
  ImportProductCommand,
  PriceChanged,
  ProductDiscontinued,
  ProductRelisted,
} from '../contracts/index.js';

const chai = { sku: 'NW-01', name: 'Chai', category: 'Beverages', unit: '10 boxes', unitPrice: 1800, currency: 'USD' };

let app: OrderingApp;
beforeAll(async () => void (app = await OrderingApp.open(import.meta.url)), 30_000);
afterAll(() => app.close());

const taking = async (product: typeof chai & { discontinued?: boolean }) =>
  (await app.execute(new ImportProductCommand(product))).outcome;
const factsOf = (sku: string) => app.waybill.app.get(StreamReader).events(`catalog.product:${sku}`);

describe('taking a product over', () => {
  it('adds it, and the second time finds it as it should be', async () => {
    expect(await taking(chai)).toBe('added');
    expect(await taking(chai)).toBe('unchanged');
    expect(await app.ask(new GetProductsForSaleQuery({ skus: ['NW-01'] }))).toEqual([
      { sku: 'NW-01', name: 'Chai', unitPrice: 1800, currency: 'USD', taxClass: null, discontinued: false },
    ]);
    expect(await factsOf('NW-01')).toEqual([]);
  });

  it('makes a known one what the other system says, and tells others of its price', async () => {
    const moka = { ...chai, sku: 'NW-02' };
    await taking(moka);
    expect(await taking({ ...moka, name: 'Mocha', unitPrice: 1900 })).toBe('changed');
    expect(await factsOf('NW-02')).toEqual([new PriceChanged('NW-02', 1900, 'USD', 1800, 'USD')]);
  });

  it('keeps what the other system says nothing of', async () => {
    await taking({ ...chai, sku: 'NW-03' });
    const { sku, name, unitPrice, currency } = { ...chai, sku: 'NW-03' };
    const { outcome } = await app.execute(new ImportProductCommand({ sku, name, unitPrice, currency }));
    expect(outcome).toBe('unchanged');
  });

  it('leaves it discontinued or for sale where the other system says nothing of it', async () => {
    const tofu = { ...chai, sku: 'NW-14' };
    expect(await taking({ ...tofu, discontinued: true })).toBe('added');
    expect(await taking(tofu)).toBe('unchanged');
    expect(await taking({ ...tofu, discontinued: false })).toBe('changed');
    expect(await factsOf('NW-14')).toEqual([new ProductDiscontinued('NW-14'), new ProductRelisted('NW-14')]);
  });

  it('takes the same product once, also of two at the same instant', async () => {
    const outcomes = await Promise.all([taking({ ...chai, sku: 'NW-77' }), taking({ ...chai, sku: 'NW-77' })]);
    expect(outcomes.toSorted()).toEqual(['added', 'unchanged']);
  });
});

describe('products for sale', () => {
  it('are those that exist, each once, discontinued ones included', async () => {
    const skus = ['TEE', 'NONE', 'OLD', 'TEE'];
    const products = await app.ask(new GetProductsForSaleQuery({ skus }));
    expect(products.map(({ sku, discontinued }) => ({ sku, discontinued }))).toEqual(
      expect.arrayContaining([
        { sku: 'TEE', discontinued: false },
        { sku: 'OLD', discontinued: true },
      ]),
    );
    expect(products).toHaveLength(2);
  });
});
