import type { Type } from '@nestjs/common';
import type { ProblemOfRefusal } from './domain/index.js';
import type { Pools } from './database/pools.js';
import type { CommandInterceptor } from './commands/command-interceptor.js';

export const KERNEL_OPTIONS = Symbol('waybill.kernel-options');

export interface RetentionOptions {
  /** Ended commands that no client has sent, their results, and outbound calls that were made. */
  readonly workDays: number;
  readonly auditDays: number;
}

/** What `DurableCqrsModule.forRoot` takes: the database, and what of the options differs from its default. */
export type DurableCqrsOptions = Partial<KernelOptions> & { readonly pools: Pools };

export interface KernelOptions {
  /** Whether this process runs subscriptions (ROLE worker or all). Default true. */
  readonly runSubscriptions: boolean;
  /** Start although a view was filled by another version of its code, and leave it alone: for `waybill rebuild`. Default false. */
  readonly toleratesOutdatedViews: boolean;
  /** How long a process's claim on partitions outlives its last renewal, in ms. Default 15,000. */
  readonly leaseMs: number;
  /** Days that ended work and the audit are kept; 0: for ever. Default 0. */
  readonly retention: RetentionOptions;
  /** Middleware around commands, outermost first; each class is a provider of the root module. Default none. */
  readonly commandInterceptors: readonly Type<CommandInterceptor>[];
  /** What clients receive about a refusal's code; stored beside a refusal for its repeats. Default: nothing. */
  readonly problemOfRefusal: (code: string) => ProblemOfRefusal | undefined;
}
