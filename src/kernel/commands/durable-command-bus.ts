import { Inject, Injectable, type Type } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { CommandBus, type AsyncContext, type ICommand, type ICommandHandler } from '@nestjs/cqrs';
import type { InstanceWrapper } from '@nestjs/core/injector/instance-wrapper.js';
import { messageContext } from '../messages/message-context.js';
import { KERNEL_OPTIONS, type KernelOptions } from '../kernel-options.js';
import type { CommandDeferral } from './command-deferral.js';
import type { CommandInterceptor } from './command-interceptor.js';
import { COMMAND_DEFERRAL } from './commands.tokens.js';
import { admitHandler, handlerType } from './handler-registration.js';
import { UnitOfWork } from './unit-of-work.js';
import { UnitsOfWork } from './units-of-work.js';

/** What the native bus keeps private: the key under which it knows a handler. */
interface NativeRegistration {
  reflectCommandId(handler: Type<object>): string;
}

/** The native command bus, with every command in a unit of work. What handlers and callers write stays as it is. */
@Injectable()
export class DurableCommandBus extends CommandBus {
  readonly #handlerTypes = new Map<string, Type<object>>();

  constructor(
    private readonly modules: ModuleRef,
    // Named, because Nest would take over what the base class says of its second parameter.
    @Inject(UnitsOfWork) private readonly units: UnitsOfWork,
    @Inject(COMMAND_DEFERRAL) private readonly deferral: CommandDeferral,
    @Inject(KERNEL_OPTIONS) private readonly kernel: KernelOptions,
  ) {
    super(modules);
  }

  /**
   * Runs a command in a unit of work of its own, or in the one of the command that executes it. An outermost one whose
   * caller wishes so is stored instead, if it can be.
   */
  override execute<R = unknown>(command: ICommand, context?: AsyncContext): Promise<R> {
    const name = command.constructor.name;
    if (messageContext.current().respondAsync !== undefined && UnitOfWork.current() === undefined) {
      const deferred = this.deferral.defer(command);
      if (deferred !== undefined) return deferred as Promise<R>;
    }
    return this.units.run(name, () => this.#intercepted(command, context)) as Promise<R>;
  }

  protected override registerHandler(handler: InstanceWrapper<ICommandHandler<ICommand>>): void {
    const type = handlerType(handler);
    const id = (this as unknown as NativeRegistration).reflectCommandId(type);
    if (admitHandler(this.#handlerTypes, { id, type, message: commandOf(type), kind: 'command' }))
      super.registerHandler(handler);
  }

  #intercepted(command: ICommand, context: AsyncContext | undefined): Promise<unknown> {
    const run = this.kernel.commandInterceptors.reduceRight<() => Promise<unknown>>(
      (next, type) => () => this.modules.get<CommandInterceptor>(type, { strict: false }).intercept(command, next),
      async () => super.execute(command, context),
    );
    return run();
  }
}

function commandOf(handler: Type<object>): string {
  const command = Reflect.getMetadata('__commandHandler__', handler) as Type<object> | undefined;
  return command?.name ?? 'A command';
}
