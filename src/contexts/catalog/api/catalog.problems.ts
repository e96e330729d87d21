import { defineProblems } from '#platform/http';

defineProblems({
  'catalog.sku-taken': {
    status: 409,
    title: 'SKU already in use',
    meaning:
      'A product with this SKU already exists. A SKU identifies one product permanently, even after it is discontinued.',
    remedy: 'Update the existing product with PATCH /v1/products/{sku}, or choose another SKU.',
  },
});
