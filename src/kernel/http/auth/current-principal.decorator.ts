import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { Principal } from '../../messages/message-context.js';
import { exchangeOf } from '../exchange/exchange.js';
import { unauthenticated } from './token-verifier.js';

/** Who calls: the token's `sub` and roles. Only on routes with `@Roles`. */
export const CurrentPrincipal = createParamDecorator((_: unknown, context: ExecutionContext): Principal => {
  const { identity } = exchangeOf(context.switchToHttp().getRequest());
  if (identity === undefined) throw unauthenticated('This route needs a token.');
  return identity.principal;
});

/** Whether the principal has one of the roles; `admin` has all of them. */
export function hasRole(principal: Principal, ...roles: readonly string[]): boolean {
  return principal.roles.some((role) => role === 'admin' || roles.includes(role));
}
