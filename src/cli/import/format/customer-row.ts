import { IsOptional, Matches } from 'class-validator';
import { IsMailAddress, IsText } from '#platform/http';
import { ADDRESS_LIMITS, completeAddress, CUSTOMER_ID_PATTERN } from '#shared';
import type { CustomerAddress, ImportedCustomer } from '#customers/contracts';
import { BadRow } from './row-reader.js';

/** A row of `customers.json`. */
export class CustomerRow {
  @Matches(CUSTOMER_ID_PATTERN)
  customerId!: string;

  @IsText({ max: 200 })
  company!: string;

  /** The person to talk to. */
  @IsOptional()
  @IsText({ max: 200 })
  contact?: string | null;

  @IsOptional()
  @IsText({ max: ADDRESS_LIMITS.street })
  street?: string | null;

  @IsOptional()
  @IsText({ max: ADDRESS_LIMITS.street2 })
  street2?: string | null;

  @IsOptional()
  @IsText({ max: ADDRESS_LIMITS.city })
  city?: string | null;

  @IsOptional()
  @IsText({ max: ADDRESS_LIMITS.region })
  region?: string | null;

  @IsOptional()
  @IsText({ max: ADDRESS_LIMITS.postalCode })
  postalCode?: string | null;

  @IsOptional()
  @IsText({ max: ADDRESS_LIMITS.country })
  country?: string | null;

  @IsOptional()
  @IsText({ max: 40 })
  phone?: string | null;

  @IsOptional()
  @IsMailAddress()
  @IsText({ max: 254 })
  email?: string | null;
}

/** @throws BadRow */
export function customerOf(row: CustomerRow): ImportedCustomer {
  const { customerId, company, contact, phone, email } = row;
  return { customerId, name: company, contact, phone, email, address: addressOf(row) };
}

/**
 * Street, city and country, or none of the fields: half an address is a mistake. Undefined where all are left out, so that
 * a known customer keeps the address.
 */
function addressOf({
  street,
  street2,
  city,
  region,
  postalCode,
  country,
}: CustomerRow): CustomerAddress | null | undefined {
  const isPresent = (text: string | null | undefined): text is string => text !== undefined && text !== null;
  if (isPresent(street) && isPresent(city) && isPresent(country)) {
    return completeAddress({ street, street2, city, region, postalCode, country });
  }
  const fields = [street, street2, city, region, postalCode, country];
  if (fields.some(isPresent))
    throw new BadRow('an address needs street, city and country; otherwise leave all three out');
  return fields.includes(null) ? null : undefined;
}
