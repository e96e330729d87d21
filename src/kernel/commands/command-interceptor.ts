import type { ICommand } from '@nestjs/cqrs';

/** Middleware around every command, joined ones included: validation, tracing, metrics. */
export interface CommandInterceptor {
  intercept(command: ICommand, next: () => Promise<unknown>): Promise<unknown>;
}
