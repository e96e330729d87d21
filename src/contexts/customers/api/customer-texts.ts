import { invalidInput } from '#platform/http';
import type { CustomerProfile } from '../domain/customer.js';
import type { ChangeCustomerBody, CustomerAddressBody } from './customer.dto.js';

/** What a request changes in a profile. @throws invalid input where it takes the name away. */
export function profileChanges({ name, contact, email, phone, address }: ChangeCustomerBody): Partial<CustomerProfile> {
  if (name === null) throw invalidInput('/name', 'required', 'name cannot be null. Omit it to keep the current name.');
  return { name, contact, email, phone, address: address && wholeAddress(address) };
}

function wholeAddress({
  street,
  street2 = null,
  city,
  region = null,
  postalCode = null,
  country,
}: CustomerAddressBody): CustomerProfile['address'] {
  return { street, street2, city, region, postalCode, country };
}
