import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { requestStateOf } from './request-state.js';

/** What links in a body begin with: the path of PUBLIC_URL, or nothing. `Location` and `Link` have it by themselves. */
export const LinkBase = createParamDecorator(
  (_: unknown, context: ExecutionContext): string => requestStateOf(context.switchToHttp().getRequest()).linkBase,
);
