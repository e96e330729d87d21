/** Entry point `#customers/contracts`: queries and commands of the customer records for other contexts. */
export { CustomerExistsQuery } from './customer-exists.js';
export { EnsureCustomerCommand, type CustomerEnsured } from './ensure-customer.js';
export { GetCustomerContactQuery, type CustomerContact } from './get-customer-contact.js';
export { GetCustomerNamesQuery } from './get-customer-names.js';
export {
  ImportCustomerCommand,
  type CustomerAddress,
  type CustomerImported,
  type ImportedCustomer,
} from './import-customer.js';
