import { defineProblems } from '#platform/http';

defineProblems({
  'customers.customer-exists': {
    status: 409,
    title: 'Customer already exists',
    meaning: 'A customer with this id already exists. A customer id identifies one customer permanently.',
    remedy: 'Update the existing customer with PATCH /v1/customers/{customerId}, or choose another id.',
  },
});
