import type { Actor } from '../../../kernel/domain/index.js';

/** What an application declares about its roles. */
export interface RoleRules<Role extends string = string> {
  /** Every role, in the order in which documents list them. */
  readonly roles: readonly Role[];
  /** As whom the holders of roles act; the first line that fits a caller decides. */
  readonly actors: readonly { readonly type: Actor['type']; readonly roles: readonly Role[] }[];
  /** May call every route of its tenant. */
  readonly administrator: Role;
  /** Operate the installation, where their tenant is the operators' (`AUTH_OPERATOR_TENANT`). */
  readonly operators: readonly Role[];
}

let defined: RoleRules | undefined;

/**
 * Defines the application's roles, once per process, before a controller names one.
 *
 * @throws Error when other roles were defined before, or a role has no actor type.
 */
export function defineRoles<const Role extends string>(rules: RoleRules<Role>): RoleRules<Role> {
  if (defined !== undefined && JSON.stringify(defined) !== JSON.stringify(rules)) {
    throw new Error('Roles are defined twice, and differently. Call defineRoles once, in src/app/roles.ts.');
  }
  const idle = rules.roles.find((role) => !rules.actors.some(({ roles }) => roles.includes(role)));
  if (idle !== undefined) throw new Error(`The role '${idle}' has no actor type. Add it to a line of \`actors\`.`);
  defined = rules;
  return rules;
}

/** The application's roles. @throws Error before they were defined. */
export function roleRules(): RoleRules {
  if (defined === undefined) throw new Error('No roles are defined. Call defineRoles before the application starts.');
  return defined;
}
