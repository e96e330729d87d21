import { defineProblems } from '#platform/http';

defineProblems({
  'ordering.order-not-editable': {
    status: 409,
    title: 'Order not editable',
    meaning: 'Only drafts can be edited, placed or discarded. This order is already placed or discarded.',
    remedy: 'Start a new draft, or place another order.',
  },
  'ordering.order-empty': {
    status: 409,
    title: 'Order without lines',
    meaning: 'An order needs at least one line before it can be quoted or placed.',
    remedy: 'Add at least one line.',
  },
  'ordering.delivery-missing': {
    status: 409,
    title: 'Delivery address missing',
    meaning: 'An order needs a delivery address before it can be placed.',
    remedy: 'Set the address with PUT /v1/orders/{id}/delivery.',
  },
  'ordering.too-many-lines': {
    status: 409,
    title: 'Too many lines',
    meaning: 'An order has at most `limit` lines.',
    remedy: 'Raise the quantity of a line, or place a second order.',
  },
  'ordering.too-many-edits': {
    status: 409,
    title: 'Too many edits',
    meaning: 'A draft can be edited until it has `limit` events. It can still be quoted, placed and discarded.',
    remedy: 'Place the draft as it is, or start a new draft with the same lines and discard this one.',
  },
  'ordering.sku-unavailable': {
    status: 409,
    title: 'Product unavailable',
    meaning: 'The products in `skus` do not exist or are discontinued.',
    remedy: 'Remove these lines, or choose other products from GET /v1/products.',
  },
  'ordering.price-changed': {
    status: 409,
    title: 'Price changed',
    meaning:
      'The total of the order differs from the expected total. `quote` has the current prices. No order was placed.',
    remedy: 'Show the quote to the customer, and send the order again with the new total and a new Idempotency-Key.',
  },
  'ordering.discount-exceeds-total': {
    status: 409,
    title: 'Discounts exceed the total',
    meaning: 'The discounts on the order are `discount`, its lines are `total`, in minor units.',
    remedy:
      'Lower the discount, remove one with DELETE /v1/orders/{id}/discounts/{discountId} (support), or add lines.',
  },
  'ordering.external-number-taken': {
    status: 409,
    title: 'External number already in use',
    meaning: 'Another order was imported with this number.',
    remedy: 'Find the order with GET /v1/orders?externalNumber=…. If it is the same order, nothing is left to do.',
  },
  'ordering.quantity-invalid': {
    status: 422,
    title: 'Invalid quantity',
    meaning: 'The quantity of a line is a whole number from 1 to `limit`.',
    remedy: 'Correct the quantity, or split the order.',
  },
  'ordering.discount-invalid': {
    status: 422,
    title: 'Invalid discount',
    meaning: 'A discount is at least 1 minor unit; `amount` is less.',
    remedy: 'Use an amount of 1 or more.',
  },
  'ordering.currency-mismatch': {
    status: 422,
    title: 'Currency mismatch',
    meaning:
      'All amounts of an order must be in one currency. Its lines, discounts, delivery fee and expected total are in `currencies`.',
    remedy: 'Place one order for each currency.',
  },
  'ordering.currency-withdrawn': {
    status: 422,
    title: 'Currency withdrawn',
    meaning: 'The currency `currency` was withdrawn in `withdrawnIn`, before the order was placed.',
    remedy: 'Set product prices in a current currency. Imported orders keep the currency of the day they were placed.',
  },
  'ordering.amount-too-large': {
    status: 422,
    title: 'Amount too large',
    meaning: 'The lines and delivery fee of an order may total at most `limit` minor units, before discounts.',
    remedy: 'Lower a quantity, a price or the delivery fee, or split the order.',
  },
  'ordering.customer-unknown': {
    status: 422,
    title: 'Unknown customer',
    meaning: 'There is no customer with the id `customerId`.',
    remedy: 'Create the customer with POST /v1/customers, then send the order again with a new Idempotency-Key.',
  },
});
