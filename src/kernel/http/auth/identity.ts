import type { Actor } from '../../domain/index.js';
import { DEFAULT_TENANT, type Principal } from '../../messages/message-context.js';
import { ROLES, type Role } from '../routes/route.decorators.js';

/** Who a token speaks for. */
export interface Identity {
  readonly principal: Principal;
  readonly tenant: string;
  readonly actor: Actor;
  /** Whether they operate the installation, and so see and change what belongs to all its tenants. */
  readonly isOperator: boolean;
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
const OPERATOR_ROLES: readonly Role[] = ['operator', 'admin'];

/**
 * The identity in a verified token's claims; undefined when they can't be one. Unknown roles open nothing. The roles
 * `operator` and `admin` make an operator of the installation in the operators' tenant only: elsewhere they are a tenant's own.
 */
export function identityOf(
  claims: Readonly<Record<string, unknown>>,
  operatorTenant = DEFAULT_TENANT,
): Identity | undefined {
  const { sub, tenant = DEFAULT_TENANT } = claims;
  const roles = rolesIn(claims);
  if (typeof sub !== 'string' || !SUBJECT.test(sub)) return undefined;
  if (typeof tenant !== 'string' || !TENANT.test(tenant)) return undefined;
  if (roles === undefined) return undefined;
  const principal = { id: sub, roles };
  const isOperator = tenant === operatorTenant && OPERATOR_ROLES.some((role) => roles.includes(role));
  return { principal, tenant, actor: actorOf(principal), isOperator };
}

/** Those that we know; undefined when the claim can't be a list of roles. */
function rolesIn({ roles = [] }: Readonly<Record<string, unknown>>): readonly Role[] | undefined {
  if (!Array.isArray(roles) || roles.length > MAX_ROLES) return undefined;
  return ROLES.filter((role) => roles.includes(role));
}

/** Whether one of the caller's roles lets them act so: several roles are the union of their rights. */
export function mayActAs(principal: Principal, type: Actor['type']): boolean {
  const isOfType = ACTORS_ROLES.some(
    (actor) => actor.type === type && actor.roles.some((role) => principal.roles.includes(role)),
  );
  return isOfType || actorOf(principal).type === type;
}

/** As whom a caller acts: the same in the metadata of events and in commands. Without a known role, as a customer. */
export function actorOf({ id, roles }: Principal): Actor {
  return {
    type: ACTORS_ROLES.find((actor) => actor.roles.some((role) => roles.includes(role)))?.type ?? 'customer',
    id,
  };
}
