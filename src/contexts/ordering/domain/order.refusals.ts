import { Refusal } from '#kernel/domain';
import type { OrderStatus } from '../contracts/get-order-summary.js';
import type { RefusalCode } from '../contracts/order-actions.js';
import { MAX_DRAFT_EVENTS, MAX_LINES, MAX_ORDER_AMOUNT, MAX_QUANTITY, type Quote } from '../contracts/order-line.js';

export class OrderNotEditable extends Refusal {
  override readonly code = 'ordering.order-not-editable';

  constructor(
    readonly orderId: string,
    readonly status: OrderStatus,
  ) {
    super(`Order ${orderId} is ${status}. Only drafts can be edited. Start a new draft.`);
  }
}

export class OrderEmpty extends Refusal {
  override readonly code = 'ordering.order-empty';

  constructor(readonly orderId: string) {
    super(`Order ${orderId} has no lines. Add at least one line.`);
  }
}

export class DeliveryMissing extends Refusal {
  override readonly code = 'ordering.delivery-missing';

  constructor(readonly orderId: string) {
    super(`Order ${orderId} has no delivery address. Set one before placing it.`);
  }
}

export class TooManyLines extends Refusal {
  override readonly code = 'ordering.too-many-lines';
  readonly limit = MAX_LINES;

  constructor(readonly orderId: string) {
    super(`Order ${orderId} already has ${MAX_LINES} lines, the maximum. Raise a quantity, or place a second order.`);
  }
}

export class TooManyEdits extends Refusal {
  override readonly code = 'ordering.too-many-edits';
  readonly limit = MAX_DRAFT_EVENTS;

  constructor(readonly orderId: string) {
    super(
      `Draft ${orderId} was edited ${MAX_DRAFT_EVENTS} times, the maximum. Place it as it is, or start a new draft.`,
    );
  }
}

export class QuantityInvalid extends Refusal {
  override readonly code = 'ordering.quantity-invalid';
  readonly limit = MAX_QUANTITY;

  constructor(
    readonly sku: string,
    readonly quantity: number,
  ) {
    super(`Invalid quantity for ${sku}: ${quantity}. Use a whole number from 1 to ${MAX_QUANTITY}.`);
  }
}

export class SkuUnavailable extends Refusal {
  override readonly code = 'ordering.sku-unavailable';

  constructor(readonly skus: readonly string[]) {
    super(`Not for sale: ${skus.join(', ')}. Remove these lines, or choose other products.`);
  }
}

export class CurrencyMismatch extends Refusal {
  override readonly code = 'ordering.currency-mismatch';

  constructor(readonly currencies: readonly string[]) {
    super(`An order has one currency, but this one has ${currencies.join(' and ')}. Place one order for each.`);
  }
}

export class CurrencyWithdrawn extends Refusal {
  override readonly code = 'ordering.currency-withdrawn';

  constructor(
    readonly currency: string,
    /** `YYYY-MM` */
    readonly withdrawnIn: string,
  ) {
    super(`The currency ${currency} was withdrawn in ${withdrawnIn}. Only orders placed before that can use it.`);
  }
}

export class AmountTooLarge extends Refusal {
  override readonly code = 'ordering.amount-too-large';
  readonly limit = MAX_ORDER_AMOUNT;

  constructor() {
    super(
      `The order exceeds ${MAX_ORDER_AMOUNT} minor units before discounts. Lower a quantity, a price or the delivery fee.`,
    );
  }
}

export class DiscountInvalid extends Refusal {
  override readonly code = 'ordering.discount-invalid';

  constructor(readonly amount: number) {
    super(`Invalid discount: ${amount}. Use at least 1 minor unit.`);
  }
}

export class DiscountExceedsTotal extends Refusal {
  override readonly code = 'ordering.discount-exceeds-total';

  constructor(
    readonly discount: number,
    readonly total: number,
  ) {
    super(
      `The discounts (${discount}) exceed the total of the lines (${total}). Lower or remove a discount, or add lines.`,
    );
  }
}

export class PriceChanged extends Refusal {
  override readonly code = 'ordering.price-changed';

  constructor(readonly quote: Quote) {
    super(`The total is now ${quote.totals.grand} ${quote.currency} in minor units. Confirm the new total.`);
  }
}

export class CustomerUnknown extends Refusal {
  override readonly code = 'ordering.customer-unknown';

  constructor(readonly customerId: string) {
    super(`There is no customer ${customerId}. Create the customer first.`);
  }
}

export class ExternalNumberTaken extends Refusal {
  override readonly code = 'ordering.external-number-taken';

  constructor(readonly externalNumber: string) {
    super(`Another order has the external number ${externalNumber}. If it is the same order, it is already imported.`);
  }
}

/** The refusal that an action of an order meets, by its code. */
export function orderRefusal(code: RefusalCode, orderId: string, status: OrderStatus): Refusal {
  switch (code) {
    case 'ordering.order-not-editable':
      return new OrderNotEditable(orderId, status);
    case 'ordering.too-many-edits':
      return new TooManyEdits(orderId);
    case 'ordering.too-many-lines':
      return new TooManyLines(orderId);
    case 'ordering.order-empty':
      return new OrderEmpty(orderId);
    case 'ordering.delivery-missing':
      return new DeliveryMissing(orderId);
    default:
      return code satisfies never;
  }
}
