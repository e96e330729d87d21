import type { QueryBus } from '@nestjs/cqrs';
import type { Actor } from '#kernel/domain';
import { CustomerExistsQuery } from '#customers/contracts';
import { CustomerUnknown } from '../domain/order.refusals.js';

/**
 * Staff and services name a customer who must be known. Customers who order for themselves are authenticated: their
 * record is made with the order.
 *
 * @throws CustomerUnknown
 */
export async function assertKnownCustomer(
  queries: QueryBus,
  { by, customerId }: { by: Actor; customerId: string },
): Promise<void> {
  if (by.type === 'customer') return;
  if (!(await queries.execute(new CustomerExistsQuery({ customerId })))) throw new CustomerUnknown(customerId);
}
