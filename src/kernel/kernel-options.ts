import type { Type } from '@nestjs/common';
import type { CommandInterceptor } from './commands/command-interceptor.js';

export const KERNEL_OPTIONS = Symbol('waybill.kernel-options');

export interface KernelOptions {
  /** Whether this process runs subscriptions (ROLE worker or all). Default true. */
  readonly runSubscriptions: boolean;
  /** Middleware around commands, outermost first; each class is a provider of the root module. Default none. */
  readonly commandInterceptors: readonly Type<CommandInterceptor>[];
}
