import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { Principal } from '../../../kernel/messages/message-context.js';
import { requestStateOf } from '../request/request-state.js';
import { unauthenticated } from './token-verifier.js';

/** Who calls: the token's `sub` and roles. Only on routes with `@Roles`. */
export const CurrentPrincipal = createParamDecorator((_: unknown, context: ExecutionContext): Principal => {
  const { identity } = requestStateOf(context.switchToHttp().getRequest());
  if (identity === undefined) throw unauthenticated('This route requires a token. Send Authorization: Bearer <token>.');
  return identity.principal;
});
