import { PriceChanged, ProductDiscontinued, ProductRelisted } from '../contracts/catalog.events.js';
import { changed, factsBetween, type Product } from './product.js';

const tee: Product = {
  sku: 'TEE-BLK-M',
  name: 'Black tee',
  category: 'Tees',
  unit: null,
  taxClass: null,
  unitPrice: 1999,
  currency: 'EUR',
  discontinued: false,
  version: 3,
};

describe('a product', () => {
  it('moves to the next version with a change', () => {
    expect(changed(tee, { name: 'Black T-shirt', unit: 'piece' })).toEqual({
      ...tee,
      name: 'Black T-shirt',
      unit: 'piece',
      version: 4,
    });
  });

  it('loses an optional text that is set to null', () => {
    expect(changed(tee, { category: null })).toEqual({ ...tee, category: null, version: 4 });
  });

  it('stays the very same where a change says nothing new', () => {
    expect(changed(tee, { name: 'Black tee', category: undefined, unitPrice: 1999 })).toBe(tee);
  });
});

describe('what others hear of a product', () => {
  it('is the new price beside the one before', () => {
    expect(factsBetween(tee, changed(tee, { unitPrice: 1799 }))).toEqual([
      new PriceChanged('TEE-BLK-M', 1799, 'EUR', 1999, 'EUR'),
    ]);
  });

  it('is a price change too where only the currency differs', () => {
    expect(factsBetween(tee, changed(tee, { currency: 'USD' }))).toEqual([
      new PriceChanged('TEE-BLK-M', 1999, 'USD', 1999, 'EUR'),
    ]);
  });

  it('is that it is sold no more, and that it is sold again', () => {
    const gone = changed(tee, { discontinued: true });
    expect(factsBetween(tee, gone)).toEqual([new ProductDiscontinued('TEE-BLK-M')]);
    expect(factsBetween(gone, changed(gone, { discontinued: false }))).toEqual([new ProductRelisted('TEE-BLK-M')]);
  });

  it('is nothing about its texts, and nothing where nothing changed', () => {
    expect(factsBetween(tee, changed(tee, { name: 'Another name' }))).toEqual([]);
    expect(factsBetween(tee, changed(tee, { discontinued: false }))).toEqual([]);
  });
});
