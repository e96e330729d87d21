import type { Actor } from '../../../kernel/domain/index.js';
import { DEFAULT_TENANT, type Principal } from '../../../kernel/messages/message-context.js';
import { roleRules } from './role-rules.js';

/** The identity that a token proves. */
export interface Identity {
  readonly principal: Principal;
  readonly tenant: string;
  readonly actor: Actor;
  /** Whether they operate the installation, and so see and change what belongs to all its tenants. */
  readonly isOperator: boolean;
}

/** Also the shape of customer ids: a customer's `sub` is the customer's id. */
const SUBJECT = /^[A-Za-z0-9._:@|-]{1,128}$/;
const TENANT = /^[A-Za-z0-9._-]{1,64}$/;
const MAX_ROLES = 32;

/**
 * The identity in a verified token's claims; undefined when they can't be one. Unknown roles open nothing. The operators'
 * roles make an operator of the installation in the operators' tenant only: elsewhere they are a tenant's own.
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
  const isOperator = tenant === operatorTenant && roleRules().operators.some((role) => roles.includes(role));
  return { principal, tenant, actor: actorOf(principal), isOperator };
}

/** Those that we know; undefined when the claim can't be a list of roles. */
function rolesIn({ roles = [] }: Readonly<Record<string, unknown>>): readonly string[] | undefined {
  if (!Array.isArray(roles) || roles.length > MAX_ROLES) return undefined;
  return roleRules().roles.filter((role) => roles.includes(role));
}

/** Whether one of the caller's roles lets them act so: several roles are the union of their rights. */
export function mayActAs(principal: Principal, type: Actor['type']): boolean {
  const isOfType = roleRules().actors.some(
    (actor) => actor.type === type && actor.roles.some((role) => principal.roles.includes(role)),
  );
  return isOfType || actorOf(principal).type === type;
}

/** As whom a caller acts: the same in the metadata of events and in commands. Without a known role, as a customer. */
export function actorOf({ id, roles }: Principal): Actor {
  return {
    type: roleRules().actors.find((actor) => actor.roles.some((role) => roles.includes(role)))?.type ?? 'customer',
    id,
  };
}

/** Whether the principal has one of the roles; the administrator has all of them. */
export function hasRole(principal: Principal, ...roles: readonly string[]): boolean {
  const { administrator } = roleRules();
  return principal.roles.some((role) => role === administrator || roles.includes(role));
}
