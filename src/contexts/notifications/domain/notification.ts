import type { MoneyJson } from '#shared';

/** The content of a notification, as facts: no personal data, which the delivery reads. */
export type Matter =
  | {
      readonly about: 'order-placed';
      /** For people: `SO-1001`. */
      readonly number: string;
      readonly lines: readonly { readonly name: string; readonly quantity: number }[];
      readonly total: MoneyJson;
    }
  | { readonly about: 'order-discarded' };

/** `smtputf8-unsupported`: the address has characters beyond ASCII before the @, which the mail server doesn't take. */
export type UndeliverableReason = 'address-refused' | 'smtputf8-unsupported';

/** How a delivery ended. */
export type Delivery =
  | { readonly status: 'sent'; readonly via: 'log' | 'mail' }
  | { readonly status: 'skipped'; readonly reason: 'no-email' }
  | { readonly status: 'undeliverable'; readonly reason: UndeliverableReason };

export interface Notification {
  readonly notificationId: string;
  readonly eventId: string;
  readonly orderId: string;
  readonly customerId: string;
  readonly matter: Matter;
}
