/** Door `#customers/contracts`: what other contexts may ask of the customer records. */
export { CustomerExistsQuery } from './customer-exists.js';
export { EnsureCustomerCommand, type CustomerEnsured } from './ensure-customer.js';
