import { type Principal } from '#kernel';
import { hasRole } from '#platform/http';
import { refusalFor, type OrderAction } from '../contracts/order-actions.js';
import type { OrderSummary } from '../contracts/get-order-summary.js';
import type { OrderActionBody, OrderBody } from './order-responses.dto.js';

/** What callers can be shown as a button, where it leads, and whose roles open that route. */
const ACTIONS: readonly { readonly name: OrderAction; readonly path: string; readonly roles: readonly string[] }[] = [
  { name: 'add-line', path: '/lines', roles: ['customer', 'support', 'service'] },
  { name: 'set-delivery', path: '/delivery', roles: ['customer', 'support', 'service'] },
  { name: 'grant-discount', path: '/discounts', roles: ['support'] },
  { name: 'remove-discount', path: '/discounts/{discountId}', roles: ['support'] },
  { name: 'quote', path: '/quote', roles: ['customer', 'support', 'service'] },
  { name: 'place', path: '/place', roles: ['customer', 'support', 'service'] },
  { name: 'discard', path: '', roles: ['customer', 'support', 'service'] },
];

/**
 * The order as one caller sees it, with what they can do about it.
 *
 * @param linkBase what links begin with
 */
export function orderBody(
  { deliveryIsSet, ...summary }: OrderSummary,
  principal: Principal,
  linkBase: string,
): OrderBody {
  const { status, lines, version } = summary;
  const facts = { status, lineCount: lines.length, deliveryIsSet, version };
  const actions = ACTIONS.filter(({ roles }) => hasRole(principal, ...roles)).flatMap(({ name, path }) => {
    const reason = refusalFor(name, facts);
    return pathsOf(path, summary).map((part): OrderActionBody => {
      const href = `${linkBase}/v1/orders/${summary.id}${part}`;
      return reason === undefined ? { name, href, enabled: true } : { name, href, enabled: false, reason };
    });
  });
  return { ...summary, actions };
}

/** Ids of the parts of an order that a path in {@link ACTIONS} may name. */
const PARTS: Readonly<Record<string, (order: Omit<OrderSummary, 'deliveryIsSet'>) => readonly string[]>> = {
  discountId: ({ discounts }) => discounts.map(({ discountId }) => discountId),
  lineId: ({ lines }) => lines.map(({ lineId }) => lineId),
};

/** A path that names a part of the order leads to each of them. */
function pathsOf(path: string, order: Omit<OrderSummary, 'deliveryIsSet'>): readonly string[] {
  const name = /\{(\w+)\}/.exec(path)?.[1];
  if (name === undefined) return [path];
  const ids = PARTS[name];
  if (ids === undefined) throw new Error(`PARTS has no {${name}}, which the path ${path} of an action needs.`);
  return ids(order).map((id) => path.replace(`{${name}}`, id));
}
