import { defineProblems } from '#platform/http';

defineProblems({
  'ordering.order-not-editable': {
    status: 409,
    title: 'The order can no longer be edited',
    meaning: 'Only drafts can be edited, placed or discarded. This order was placed or discarded before.',
    remedy: 'Start a new draft, or place another order.',
  },
  'ordering.order-empty': {
    status: 409,
    title: 'The order has no lines',
    meaning: 'There is nothing in it that could be priced or placed.',
    remedy: 'Add at least one line.',
  },
  'ordering.delivery-missing': {
    status: 409,
    title: 'The order has no delivery address',
    meaning: 'It is not known where the goods go.',
    remedy: 'Set it by PUT /v1/orders/{id}/delivery.',
  },
  'ordering.too-many-lines': {
    status: 409,
    title: 'The order is full',
    meaning: 'An order has at most `limit` lines.',
    remedy: 'Raise the quantity of a line, or place a second order.',
  },
  'ordering.too-many-edits': {
    status: 409,
    title: 'The draft was edited too often',
    meaning: 'A draft takes edits until it has `limit` events. It can still be quoted, placed and discarded.',
    remedy: 'Place it as it is. Or start a new draft, add the lines that this one has now, and discard this one.',
  },
  'ordering.sku-unavailable': {
    status: 409,
    title: 'Some goods are not for sale',
    meaning: 'The products in `skus` do not exist or are discontinued.',
    remedy: 'Leave these lines out, or choose other goods from GET /v1/products.',
  },
  'ordering.price-changed': {
    status: 409,
    title: 'The order comes to another total',
    meaning: 'Prices moved since the total was shown; `quote` has the current ones. Nothing was ordered.',
    remedy: 'Show the quote, and send the order again with its total and a new Idempotency-Key.',
  },
  'ordering.discount-exceeds-total': {
    status: 409,
    title: 'The discounts are more than the order is worth',
    meaning: 'Discounts on the whole order come to `discount`, its lines only to `total`, in minor units.',
    remedy:
      'Grant less, remove a discount by DELETE /v1/orders/{id}/discounts/{discountId} (support), or keep more lines.',
  },
  'ordering.external-number-taken': {
    status: 409,
    title: 'The external number is taken',
    meaning: 'Another order was taken over with this number.',
    remedy: 'Find it by GET /v1/orders?externalNumber=…; if it is the same order, nothing is left to do.',
  },
  'ordering.quantity-invalid': {
    status: 422,
    title: 'The quantity is impossible',
    meaning: 'A line has 1 to `limit` whole units.',
    remedy: 'Correct the quantity, or split it over several orders.',
  },
  'ordering.discount-invalid': {
    status: 422,
    title: 'The discount is nothing',
    meaning: 'A discount takes at least 1 minor unit off the order; `amount` takes nothing off.',
    remedy: 'Grant at least 1, or none.',
  },
  'ordering.currency-mismatch': {
    status: 422,
    title: 'An order is in one currency',
    meaning: 'Lines, discounts, fee and expected total are in the different `currencies`.',
    remedy: 'Order goods of different currencies apart.',
  },
  'ordering.currency-withdrawn': {
    status: 422,
    title: 'The currency is no longer in use',
    meaning: 'The currency `currency` was withdrawn in the month `withdrawnIn`, before the order was placed.',
    remedy:
      'Give the products prices in a currency that is in use. Orders that are taken over keep the currency of their day.',
  },
  'ordering.amount-too-large': {
    status: 422,
    title: 'The order comes to too much',
    meaning: 'Lines and delivery of an order come to at most `limit` minor units of its currency, before discounts.',
    remedy: 'Lower a quantity, a price or the delivery fee, or split it over several orders.',
  },
  'ordering.customer-unknown': {
    status: 422,
    title: 'The customer is not known',
    meaning: 'Orders for others name a customer with a record; there is none for `customerId`.',
    remedy: 'Add the customer by POST /v1/customers, then send the order again with a new Idempotency-Key.',
  },
});
