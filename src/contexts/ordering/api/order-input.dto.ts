import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsDefined,
  IsIn,
  IsInt,
  IsOptional,
  Matches,
  Max,
  Min,
} from 'class-validator';
import { DeliveryAddressBody, MoneyBody } from '#app';
import { Nested, IsCurrency, IsInstant, IsText } from '#platform/http';
import { CUSTOMER_ID_PATTERN, SKU_PATTERN } from '#shared';
import { MAX_LINES, MAX_NOTE_LENGTH, MAX_QUANTITY, type ShortagePolicy } from '../contracts/order-line.js';

/** Begins with a letter, so that no client sends a card's number as a token. */
const PAYMENT_METHOD_TOKEN = /^[A-Za-z][A-Za-z0-9._-]{0,254}$/;
const SHORTAGE_POLICIES: ShortagePolicy[] = ['reject', 'partial'];

/** Goods to be ordered. */
export class LineBody {
  @Matches(SKU_PATTERN)
  sku!: string;

  @IsInt()
  @Min(1)
  @Max(MAX_QUANTITY)
  quantity!: number;

  /** Minor units. For support and services; left out: the catalog's price. */
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(Number.MAX_SAFE_INTEGER)
  unitPrice?: number | null;

  /** For support and services. */
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(100)
  discountPercent?: number | null;

  /** For services, in an imported order: what the product was called then; left out: what it is called now. */
  @IsOptional()
  @IsText({ max: 200 })
  name?: string | null;
}

/** Where a parcel goes, and to whom. */
export class ShipToBody extends DeliveryAddressBody {}

/** Where the invoice goes, and to whom. */
export class BillToBody extends DeliveryAddressBody {}

/** Checkout: an order that is made and placed in one go. */
export class PlaceOrderBody {
  /** The same sku twice stays two lines. */
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(MAX_LINES)
  @Nested(() => LineBody)
  lines!: LineBody[];

  @IsDefined()
  @Nested(() => ShipToBody)
  shipTo!: ShipToBody;

  /** Left out: the invoice goes where the goods go. */
  @IsOptional()
  @Nested(() => BillToBody)
  billTo?: BillToBody | null;

  /** The customer's note about the order. */
  @IsOptional()
  @IsText({ max: MAX_NOTE_LENGTH, lines: true })
  note?: string | null;

  /** A gateway's token, never a card. It may be left out as long as no payment is taken. */
  @IsOptional()
  @Matches(PAYMENT_METHOD_TOKEN)
  paymentMethodToken?: string | null;

  /** What the customer was shown; another total is refused with a fresh quote. */
  @IsOptional()
  @Nested(() => MoneyBody)
  expectedTotal?: MoneyBody | null;

  /** What is to happen when goods are short; left out: reject. */
  @IsOptional()
  @IsIn(SHORTAGE_POLICIES)
  shortagePolicy?: ShortagePolicy | null;

  /** For support and services, who must name the customer. */
  @IsOptional()
  @Matches(CUSTOMER_ID_PATTERN)
  customerId?: string | null;

  /** For services: when the order was placed in the system it comes from. */
  @IsOptional()
  @IsInstant()
  placedAt?: string | null;

  /** For services: its number there; unique. */
  @IsOptional()
  @IsText({ max: 64 })
  externalNumber?: string | null;

  /** For services, with placedAt: of the lines' unit prices, if it isn't the products' own. It may be withdrawn by now. */
  @IsOptional()
  @IsCurrency()
  currency?: string | null;

  /** For services, with placedAt: what was taken off the whole order. */
  @IsOptional()
  @Nested(() => MoneyBody)
  discount?: MoneyBody | null;

  /** For services; left out: nothing. */
  @IsOptional()
  @Nested(() => MoneyBody)
  shippingFee?: MoneyBody | null;
}

/** A new draft. */
export class StartDraftBody {
  /** For support and services, who must name the customer. */
  @IsOptional()
  @Matches(CUSTOMER_ID_PATTERN)
  customerId?: string | null;
}

export class ChangeLineBody {
  @IsInt()
  @Min(1)
  @Max(MAX_QUANTITY)
  quantity!: number;
}

export class SetDeliveryBody {
  @IsDefined()
  @Nested(() => ShipToBody)
  shipTo!: ShipToBody;

  /** Left out: the invoice goes where the goods go. */
  @IsOptional()
  @Nested(() => BillToBody)
  billTo?: BillToBody | null;

  /** For services; left out: nothing. */
  @IsOptional()
  @Nested(() => MoneyBody)
  shippingFee?: MoneyBody | null;
}

export class GrantDiscountBody {
  /** Off the whole order. */
  @IsDefined()
  @Nested(() => MoneyBody)
  amount!: MoneyBody;

  /** Kept in the log for ever, and shown to the customer: name no person in it. */
  @IsText({ max: 500 })
  reason!: string;
}

export class PlaceDraftBody {
  /** The customer's note about the order. */
  @IsOptional()
  @IsText({ max: MAX_NOTE_LENGTH, lines: true })
  note?: string | null;

  /** What the customer was shown; another total is refused with a fresh quote. */
  @IsOptional()
  @Nested(() => MoneyBody)
  expectedTotal?: MoneyBody | null;

  /** A gateway's token, never a card. It may be left out as long as no payment is taken. */
  @IsOptional()
  @Matches(PAYMENT_METHOD_TOKEN)
  paymentMethodToken?: string | null;

  /** What is to happen when goods are short; left out: reject. */
  @IsOptional()
  @IsIn(SHORTAGE_POLICIES)
  shortagePolicy?: ShortagePolicy | null;
}
