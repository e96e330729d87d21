import type { Actor } from '../../domain/index.js';
import { DEFAULT_TENANT, type Principal } from '../../messages/message-context.js';
import { ROLES, type Role } from '../routes/route.decorators.js';

/** Who a token speaks for. */
export interface Identity {
  readonly principal: Principal;
  readonly tenant: string;
  readonly actor: Actor;
}

/**
 * As whom somebody acts, by roles; the first line that fits. Support, administrators and services act for others. Who is a
 * customer and has another role of the staff besides acts as a customer: such a role lets see more, not act for others.
 */
const ACTORS_ROLES: readonly { readonly type: Actor['type']; readonly roles: readonly Role[] }[] = [
  { type: 'service', roles: ['service'] },
  { type: 'staff', roles: ['support', 'admin'] },
  { type: 'customer', roles: ['customer'] },
  { type: 'staff', roles: ['warehouse', 'finance', 'manager', 'operator'] },
];

/** Also the shape of customer ids: a customer's `sub` is the customer's id. */
const SUBJECT = /^[A-Za-z0-9._:@|-]{1,128}$/;
const TENANT = /^[A-Za-z0-9._-]{1,64}$/;
const MAX_ROLES = 32;

/** The identity in a verified token's claims; undefined when they can't be one. Unknown roles open nothing. */
export function identityOf(claims: Readonly<Record<string, unknown>>): Identity | undefined {
  const { sub, roles = [], tenant = DEFAULT_TENANT } = claims;
  if (typeof sub !== 'string' || !SUBJECT.test(sub)) return undefined;
  if (typeof tenant !== 'string' || !TENANT.test(tenant)) return undefined;
  if (!Array.isArray(roles) || roles.length > MAX_ROLES) return undefined;
  const known = ROLES.filter((role) => roles.includes(role));
  const principal = { id: sub, roles: known };
  return { principal, tenant, actor: actorOf(principal) };
}

/** As whom a caller acts: the same in the metadata of events and in commands. Without a known role, as a customer. */
export function actorOf({ id, roles }: Principal): Actor {
  return {
    type: ACTORS_ROLES.find((actor) => actor.roles.some((role) => roles.includes(role)))?.type ?? 'customer',
    id,
  };
}
