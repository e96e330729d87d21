import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { requestStateOf } from '../request/request-state.js';
import { ProblemError } from '../problems/problem-error.js';
import { mayCall } from '../routes/route-registry.js';
import { unauthenticated } from './token-verifier.js';

/**
 * Deny by default: a handler runs only when the request state has its route, the route declares who may call it, and the caller
 * is one of them. The request hook decides the same earlier, before a body is read; this is what counts.
 */
@Injectable()
export class AccessGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { route, identity } = requestStateOf(context.switchToHttp().getRequest());
    if (route === undefined || route.handler !== context.getHandler())
      throw new ProblemError('forbidden', 'No role may call this route.');
    if (route.access === 'public') return true;
    if (identity === undefined)
      throw unauthenticated('This route requires a token. Send Authorization: Bearer <token>.');
    if (!mayCall(route.access, identity)) throw forbidden();
    return true;
  }
}

export function forbidden(): ProblemError {
  return new ProblemError(
    'forbidden',
    'None of the roles in your token may call this route. Use a token with an allowed role.',
  );
}
