/** Lines per order. */
const LINES = 5;

/** The shop that the bench runs. */
export const PRODUCTS = Array.from({ length: 50 }, (_, index) => ({
  sku: `SKU-${String(index + 1).padStart(4, '0')}`,
  name: `${['Black tee', 'Côte de Blaye', 'Oak desk lamp', 'Gnocchi di nonna Alice', 'Wool blanket'][index % 5]}, no. ${index + 1}`,
  category: ['Clothes', 'Drinks', 'Home'][index % 3],
  unitPrice: { amount: 500 + index * 137, currency: 'EUR' },
}));

export const CUSTOMERS = Array.from({ length: 20 }, (_, index) => `customer-${index + 1}`);

/** The body of a checkout: five different products. The same number gives the same body. */
export function orderBody(skus, number) {
  const lines = Array.from({ length: LINES }, (_, index) => ({
    sku: skus[(number * 7 + index * 11) % skus.length],
    quantity: 1 + ((number + index) % 5),
  }));
  const shipTo = {
    name: 'Ada Lovelace',
    street: '12 St James’s Square',
    city: 'London',
    postalCode: 'SW1Y 4JH',
    country: 'GB',
  };
  return JSON.stringify({ lines, shipTo, paymentMethodToken: 'tok_visa' });
}
