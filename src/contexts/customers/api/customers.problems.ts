import { defineProblems } from '#platform/http';

defineProblems({
  'customers.customer-exists': {
    status: 409,
    title: 'The customer exists already',
    meaning: 'A customer with this id exists already. A customer id names one customer for ever.',
    remedy: 'Change the existing customer by PATCH /v1/customers/{customerId}, or choose another id.',
  },
});
