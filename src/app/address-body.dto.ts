import { IsOptional } from 'class-validator';
import { IsText } from '#platform/http';
import { ADDRESS_LIMITS } from '#shared';

/** A postal address, as requests and imported rows give it. */
export class AddressBody {
  @IsText({ max: ADDRESS_LIMITS.street })
  street!: string;

  /** The second line: floor, flat, building, department. */
  @IsOptional()
  @IsText({ max: ADDRESS_LIMITS.street2 })
  street2?: string | null;

  @IsText({ max: ADDRESS_LIMITS.city })
  city!: string;

  @IsOptional()
  @IsText({ max: ADDRESS_LIMITS.region })
  region?: string | null;

  @IsOptional()
  @IsText({ max: ADDRESS_LIMITS.postalCode })
  postalCode?: string | null;

  /** A name or a code. */
  @IsText({ max: ADDRESS_LIMITS.country })
  country!: string;
}

/** An address with the person or company at it. */
export class DeliveryAddressBody extends AddressBody {
  @IsText({ max: ADDRESS_LIMITS.name })
  name!: string;
}
