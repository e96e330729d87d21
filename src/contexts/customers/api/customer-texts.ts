import { invalidInput } from '#platform/http';
import { completeAddress } from '#shared';
import type { CustomerProfile } from '../domain/customer.js';
import type { ChangeCustomerBody } from './customer.dto.js';

/** What a request changes in a profile. @throws invalid input where it takes the name away. */
export function profileChanges({ name, contact, email, phone, address }: ChangeCustomerBody): Partial<CustomerProfile> {
  if (name === null) throw invalidInput('/name', 'required', 'name cannot be null. Omit it to keep the current name.');
  return { name, contact, email, phone, address: address && completeAddress(address) };
}
