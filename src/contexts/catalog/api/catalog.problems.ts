import { defineProblems } from '#platform/http';

defineProblems({
  'catalog.sku-taken': {
    status: 409,
    title: 'The sku is taken',
    meaning: 'A product with this sku exists already. A sku names one product for ever, also a discontinued one.',
    remedy: 'Change the existing product by PATCH /v1/products/{sku}, or choose another sku.',
  },
});
