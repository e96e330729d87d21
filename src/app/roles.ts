import { defineRoles, Roles as RolesOfRoute } from '#platform/http';

/**
 * Who may call what, by the roles of a token. `admin` may call everything of its tenant. Support, administrators and services
 * act for others. Who is a customer and has another role of the staff besides acts as a customer: such a role lets see more,
 * not act for others.
 */
const RULES = defineRoles({
  roles: ['customer', 'support', 'warehouse', 'finance', 'manager', 'service', 'operator', 'admin'],
  actors: [
    { type: 'service', roles: ['service'] },
    { type: 'staff', roles: ['support', 'admin'] },
    { type: 'customer', roles: ['customer'] },
    { type: 'staff', roles: ['warehouse', 'finance', 'manager', 'operator'] },
  ],
  administrator: 'admin',
  operators: ['operator', 'admin'],
});

export const ROLES = RULES.roles;
export type Role = (typeof ROLES)[number];

/** The roles that may call the route, or all routes of a controller; the method's list replaces the class's. */
export const Roles: (...roles: [Role, ...Role[]]) => ClassDecorator & MethodDecorator = RolesOfRoute;
