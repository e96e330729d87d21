import { type Principal } from '#kernel';
import { actorOf, hasRole, invalidInput } from '#platform/http';
import type { Actor } from '#kernel/domain';

/** The customer whose orders are all that a caller may see; null: they may see the orders of all. */
export function onlyCustomerIdOf(principal: Principal): string | null {
  return hasRole(principal, 'support', 'warehouse', 'finance', 'manager', 'service') ? null : principal.id;
}

/**
 * The actor of an order: a caller who is a customer, whatever else they are, and names none, orders for themselves. Metadata of
 * the events has them as {@link actorOf} does: support stays support.
 */
export function ordererOf(principal: Principal, customerId: string | null | undefined): Actor {
  const isForThemselves = (customerId ?? null) === null && isCustomer(principal);
  return isForThemselves ? { type: 'customer', id: principal.id } : actorOf(principal);
}

/** Whether the caller is a customer themselves. An administrator may do what customers may, and is none. */
export function isCustomer({ roles }: Principal): boolean {
  return roles.includes('customer');
}

/** Whose order it becomes: a customer's own, or that of the one whom staff and services name. */
export function customerIdFor(by: Actor, customerId: string | null | undefined): string {
  if (by.type === 'customer') {
    assertAbsent(customerId, '/customerId', 'Customers can only order for themselves. Omit customerId.');
    return by.id;
  }
  if (customerId === undefined || customerId === null) {
    throw invalidInput('/customerId', 'required', 'customerId is required: the customer the order is for.');
  }
  return customerId;
}

/** @throws invalid input for a field that the caller's role may not set. */
export function assertAbsent(value: unknown, pointer: string, detail: string): void {
  if (value !== undefined && value !== null) throw invalidInput(pointer, 'not-for-your-role', detail);
}
