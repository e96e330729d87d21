/** No subscription has this name. */
export class SubscriptionUnknown extends Error {
  readonly code = 'subscription-unknown';

  constructor(name: string) {
    super(`No subscription ${name}. See: waybill subscriptions`);
  }
}
