/** A postal address. Personal data: it never goes into an event. Country is free text, as merchants deliver it. */
export interface Address {
  readonly street: string;
  /** The second line: floor, flat, building, department. */
  readonly street2: string | null;
  readonly city: string;
  readonly region: string | null;
  readonly postalCode: string | null;
  readonly country: string;
}

/** Where a parcel goes, and to whom. */
export interface DeliveryAddress extends Address {
  readonly name: string;
}

/** Where the invoice goes, and to whom. */
export type BillingAddress = DeliveryAddress;

/** An address whose optional fields may be left out. */
type GivenAddress = Pick<Address, 'street' | 'city' | 'country'> & {
  readonly [Field in 'street2' | 'region' | 'postalCode']?: string | null | undefined;
};

/** The address as it is stored: fields that were left out are null. */
export function completeAddress({ street, street2, city, region, postalCode, country }: GivenAddress): Address {
  return { street, street2: street2 ?? null, city, region: region ?? null, postalCode: postalCode ?? null, country };
}

export function completeDeliveryAddress(given: GivenAddress & { readonly name: string }): DeliveryAddress {
  return { name: given.name, ...completeAddress(given) };
}

/** Longest accepted texts, in characters (code points) of Unicode normal form C, as they are stored. */
export const ADDRESS_LIMITS = {
  name: 200,
  street: 200,
  street2: 200,
  city: 100,
  region: 100,
  postalCode: 20,
  country: 60,
} as const;
