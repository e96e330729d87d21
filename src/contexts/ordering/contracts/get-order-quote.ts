import { Query } from '@nestjs/cqrs';
import type { Actor } from '#kernel/domain';
import type { Quote } from './order-line.js';

/** What a draft would cost if it were placed now. Refused like placing it, except that no delivery is needed yet. */
export class GetOrderQuoteQuery extends Query<Quote> {
  constructor(readonly order: { readonly orderId: string; readonly by: Actor }) {
    super();
  }
}
