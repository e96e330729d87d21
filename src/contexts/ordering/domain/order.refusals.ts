import { Refusal } from '#kernel/domain';
import type { OrderStatus } from '../contracts/get-order-summary.js';
import { MAX_DRAFT_EVENTS, MAX_LINES, MAX_ORDER_AMOUNT, MAX_QUANTITY, type Quote } from '../contracts/order-line.js';

export class OrderNotEditable extends Refusal {
  override readonly code = 'ordering.order-not-editable';

  constructor(
    readonly orderId: string,
    readonly status: OrderStatus,
  ) {
    super(`Order ${orderId} is ${status}, and only drafts can be edited. Start a new draft.`);
  }
}

export class OrderEmpty extends Refusal {
  override readonly code = 'ordering.order-empty';

  constructor(readonly orderId: string) {
    super(`Order ${orderId} has no lines. Add at least one.`);
  }
}

export class DeliveryMissing extends Refusal {
  override readonly code = 'ordering.delivery-missing';

  constructor(readonly orderId: string) {
    super(`It isn't known where order ${orderId} goes. Set its delivery first.`);
  }
}

export class TooManyLines extends Refusal {
  override readonly code = 'ordering.too-many-lines';
  readonly limit = MAX_LINES;

  constructor(readonly orderId: string) {
    super(`Order ${orderId} can't have more than ${MAX_LINES} lines. Raise a quantity, or place a second order.`);
  }
}

export class TooManyEdits extends Refusal {
  override readonly code = 'ordering.too-many-edits';
  readonly limit = MAX_DRAFT_EVENTS;

  constructor(readonly orderId: string) {
    super(`Draft ${orderId} was edited ${MAX_DRAFT_EVENTS} times. Place it as it is, or put a new draft together.`);
  }
}

export class QuantityInvalid extends Refusal {
  override readonly code = 'ordering.quantity-invalid';
  readonly limit = MAX_QUANTITY;

  constructor(
    readonly sku: string,
    readonly quantity: number,
  ) {
    super(`${quantity} is no quantity of ${sku}. Ask for 1 to ${MAX_QUANTITY} whole units.`);
  }
}

export class SkuUnavailable extends Refusal {
  override readonly code = 'ordering.sku-unavailable';

  constructor(readonly skus: readonly string[]) {
    super(`Not for sale: ${skus.join(', ')}. Leave these lines out, or choose other goods.`);
  }
}

export class CurrencyMismatch extends Refusal {
  override readonly code = 'ordering.currency-mismatch';

  constructor(readonly currencies: readonly string[]) {
    super(`An order is in one currency, but here are ${currencies.join(' and ')}. Order them apart.`);
  }
}

export class CurrencyWithdrawn extends Refusal {
  override readonly code = 'ordering.currency-withdrawn';

  constructor(
    readonly currency: string,
    /** `YYYY-MM` */
    readonly withdrawnIn: string,
  ) {
    super(`${currency} was withdrawn in ${withdrawnIn}. Only orders placed before then can be in it.`);
  }
}

export class AmountTooLarge extends Refusal {
  override readonly code = 'ordering.amount-too-large';
  readonly limit = MAX_ORDER_AMOUNT;

  constructor() {
    super(
      `An order comes to at most ${MAX_ORDER_AMOUNT} minor units before discounts. Lower a quantity, a price or the delivery fee.`,
    );
  }
}

export class DiscountInvalid extends Refusal {
  override readonly code = 'ordering.discount-invalid';

  constructor(readonly amount: number) {
    super(`${amount} is no discount. Grant at least 1 minor unit, or remove a discount that is no longer wanted.`);
  }
}

export class DiscountExceedsTotal extends Refusal {
  override readonly code = 'ordering.discount-exceeds-total';

  constructor(
    readonly discount: number,
    readonly total: number,
  ) {
    super(
      `Discounts of ${discount} are more than the ${total} that the lines come to. Grant less, remove a discount, or keep more lines.`,
    );
  }
}

export class PriceChanged extends Refusal {
  override readonly code = 'ordering.price-changed';

  constructor(readonly quote: Quote) {
    super(`The order now comes to ${quote.totals.grand} ${quote.currency} in minor units. Confirm the new total.`);
  }
}

export class CustomerUnknown extends Refusal {
  override readonly code = 'ordering.customer-unknown';

  constructor(readonly customerId: string) {
    super(`There is no customer ${customerId}. Add the customer first.`);
  }
}

export class ExternalNumberTaken extends Refusal {
  override readonly code = 'ordering.external-number-taken';

  constructor(readonly externalNumber: string) {
    super(`Another order has the external number ${externalNumber}. If it is the same order, it is already here.`);
  }
}
