import { ApiProperty } from '@nestjs/swagger';
import { MoneyBody } from '#app';
import type { Actor } from '#kernel/domain';
import type { RefusalCode } from '../contracts/order-actions.js';
import { ORDER_STATUSES, type OrderStatus } from '../contracts/get-order-summary.js';
import { BillToBody, ShipToBody } from './order-input.dto.js';

/** An order after a command. */
export class ChangedOrderBody {
  id!: string;
  @ApiProperty({ enum: ORDER_STATUSES })
  status!: OrderStatus;

  version!: number;
}

/** A draft after a line was added. */
export class LineAddedBody extends ChangedOrderBody {
  lineId!: string;
}

/** A draft after a discount was granted. */
export class DiscountGrantedBody extends ChangedOrderBody {
  discountId!: string;
}

/** A placed order. */
export class PlacedOrderBody {
  id!: string;
  /** For people: `SO-1001`. Unique, but not gapless and not in order of time: don't use it as an invoice number. */
  number!: string;
  @ApiProperty({ enum: ['placed'] })
  status!: 'placed';

  version!: number;
  total!: MoneyBody;
}

/** Where the units of a line are. */
export class LineQuantitiesBody {
  ordered!: number;
  reserved!: number;
  backordered!: number;
  cancelled!: number;
  shipped!: number;
  returned!: number;
}

/** Amounts in minor units of the order's currency. */
export class OrderLineBody {
  lineId!: string;
  sku!: string;
  name!: string;
  unitPrice!: number;
  discountPercent!: number;
  quantities!: LineQuantitiesBody;
  /** After the line's own discount. */
  total!: number;
}

/** An amount that support took off the whole order. */
export class OrderDiscountBody {
  discountId!: string;
  /** Minor units of the order's currency. */
  amount!: number;
  reason!: string;
}

/** Minor units of the order's currency: grand = items - discount + shipping + tax. */
export class OrderTotalsBody {
  items!: number;
  discount!: number;
  shipping!: number;
  tax!: number;
  grand!: number;
  authorised!: number;
  captured!: number;
  refunded!: number;
  due!: number;
}

/** Something that the caller's roles may do with the order, and whether it is open now. */
export class OrderActionBody {
  name!: string;
  href!: string;
  enabled!: boolean;
  /** The code of the problem it would meet. */
  @ApiProperty({ type: String, required: false })
  reason?: RefusalCode;
}

/** An order. */
export class OrderBody {
  id!: string;
  /** For people: `SO-1001`; null before the order is placed. Unique, but not gapless and not in order of time. */
  number!: string | null;
  externalNumber!: string | null;
  customerId!: string;
  @ApiProperty({ enum: ORDER_STATUSES })
  status!: OrderStatus;

  @ApiProperty({ enum: ['none'] })
  paymentStatus!: 'none';

  @ApiProperty({ enum: ['unfulfilled'] })
  fulfilmentStatus!: 'unfulfilled';

  currency!: string | null;
  placedAt!: string | null;
  updatedAt!: string;
  version!: number;
  @ApiProperty({ type: [OrderLineBody] })
  lines!: readonly OrderLineBody[];

  /** On the whole order; those of its lines are in the lines. */
  @ApiProperty({ type: [OrderDiscountBody] })
  discounts!: readonly OrderDiscountBody[];

  totals!: OrderTotalsBody;
  /** Empty until fulfilment exists. */
  @ApiProperty({ type: 'array', items: { type: 'object' } })
  shipments!: readonly object[];

  shipTo!: ShipToBody | null;
  /** Null: the invoice goes where the goods go. */
  billTo!: BillToBody | null;
  note!: string | null;
  /** Empty until fulfilment exists. */
  @ApiProperty({ type: 'array', items: { type: 'object' } })
  exceptions!: readonly object[];

  actions!: OrderActionBody[];
}

/** An order in a list. */
export class OrderItemBody {
  id!: string;
  /** For people: `SO-1001`; null before the order is placed. Unique, but not gapless and not in order of time. */
  number!: string | null;
  externalNumber!: string | null;
  customerId!: string;
  @ApiProperty({ enum: ORDER_STATUSES })
  status!: OrderStatus;

  @ApiProperty({ enum: ['none'] })
  paymentStatus!: 'none';

  @ApiProperty({ enum: ['unfulfilled'] })
  fulfilmentStatus!: 'unfulfilled';

  currency!: string | null;
  total!: MoneyBody | null;
  units!: number;
  placedAt!: string | null;
  updatedAt!: string;
  version!: number;
}

/** Who did something. */
export class ActorBody {
  @ApiProperty({ enum: ['customer', 'staff', 'service', 'system'] })
  type!: Actor['type'];

  id!: string;
}

/** A step in the life of an order. */
export class TimelineStepBody {
  /** The name of the event. */
  type!: string;
  at!: string;
  actor!: ActorBody;
  version!: number;

  @ApiProperty({ type: 'object', additionalProperties: true })
  params!: Readonly<Record<string, unknown>>;
}

/** A line of a quote, in minor units. */
export class QuoteLineBody {
  lineId!: string;
  sku!: string;
  name!: string;
  quantity!: number;
  unitPrice!: number;
  discountPercent!: number;
  taxClass!: string | null;
  gross!: number;
  discount!: number;
  total!: number;
  /** The line's share of the discounts on the whole order. */
  orderDiscount!: number;
}

export class TaxLineBody {
  lineId!: string;
  taxClass!: string | null;
  /** Hundredths of a percent. */
  rateBasisPoints!: number;
  amount!: number;
}

export class QuoteTotalsBody {
  items!: number;
  discount!: number;
  shipping!: number;
  tax!: number;
  grand!: number;
}

/** What a draft would cost if it were placed now. */
export class QuoteBody {
  currency!: string;
  @ApiProperty({ type: [QuoteLineBody] })
  lines!: readonly QuoteLineBody[];
  @ApiProperty({ type: [TaxLineBody] })
  taxLines!: readonly TaxLineBody[];
  totals!: QuoteTotalsBody;
  /** As `expectedTotal` wants it. */
  total!: MoneyBody;
}
