import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { exchangeOf } from './exchange.js';

/** What links in a body begin with: the path of PUBLIC_URL, or nothing. `Location` and `Link` have it by themselves. */
export const LinkBase = createParamDecorator(
  (_: unknown, context: ExecutionContext): string => exchangeOf(context.switchToHttp().getRequest()).linkBase,
);
