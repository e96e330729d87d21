import { Inject, Injectable, type Type } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { CommandBus, type AsyncContext, type ICommand, type ICommandHandler } from '@nestjs/cqrs';
import type { InstanceWrapper } from '@nestjs/core/injector/instance-wrapper.js';
import { accessCheckOf } from '../messages/access-check.js';
import { messageContext } from '../messages/message-context.js';
import { KERNEL_OPTIONS, type KernelOptions } from '../kernel-options.js';
import type { CommandDeferral } from '../commands/command-deferral.js';
import type { CommandInterceptor } from '../commands/command-interceptor.js';
import { COMMAND_DEFERRAL } from '../commands/commands.tokens.js';
import { admitHandler, handlerType } from './handler-registration.js';
import { UnitOfWork } from '../commands/unit-of-work.js';
import { CommandPipeline } from '../commands/command-pipeline.js';

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
    // Named, because Nest would use the metadata of the base class for its second parameter.
    @Inject(CommandPipeline) private readonly pipeline: CommandPipeline,
    @Inject(COMMAND_DEFERRAL) private readonly deferral: CommandDeferral,
    @Inject(KERNEL_OPTIONS) private readonly kernel: KernelOptions,
  ) {
    super(modules);
  }

  /**
   * Runs a command in a unit of work of its own, or in the one of the command that executes it. An outermost one whose
   * caller asked for is stored instead, if it can be. Before an outermost one its handler's access check is made.
   */
  override execute<R = unknown>(command: ICommand, context?: AsyncContext): Promise<R> {
    if (UnitOfWork.current() !== undefined) return this.#run(command, context);
    const check = this.#accessCheck(command);
    return check === undefined
      ? this.#outermost(command, context)
      : check.then(() => this.#outermost<R>(command, context));
  }

  protected override registerHandler(handler: InstanceWrapper<ICommandHandler<ICommand>>): void {
    const type = handlerType(handler);
    const id = (this as unknown as NativeRegistration).reflectCommandId(type);
    if (admitHandler(this.#handlerTypes, { id, type, message: commandOf(type), kind: 'command' }))
      super.registerHandler(handler);
  }

  /**
   * Outside the unit of work, so that what it refuses is never answered by the stored answer of an earlier request, nor
   * stored. No client waits for a stored command (`isFinal`): its handler alone decides, and every refusal ends it.
   */
  #accessCheck(command: ICommand): Promise<void> | undefined {
    if (messageContext.current().idempotency?.isFinal === true) return undefined;
    return accessCheckOf(this.#handlerOf(command), command, this.modules);
  }

  #handlerOf(command: ICommand): Type<object> | undefined {
    const metadata = Reflect.getMetadata('__command__', command.constructor) as { id: string } | undefined;
    return metadata === undefined ? undefined : this.#handlerTypes.get(metadata.id);
  }

  #outermost<R>(command: ICommand, context: AsyncContext | undefined): Promise<R> {
    const isDeferred = messageContext.current().respondAsync !== undefined;
    const deferred = isDeferred ? this.deferral.defer(command) : undefined;
    return deferred === undefined ? this.#run(command, context) : (deferred as Promise<R>);
  }

  #run<R>(command: ICommand, context: AsyncContext | undefined): Promise<R> {
    return this.pipeline.run(command.constructor.name, () => this.#intercepted(command, context)) as Promise<R>;
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
