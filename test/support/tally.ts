import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { DurableCommand, NotFound } from '#kernel/domain';
import { isAccepted } from '../../src/kernel/commands/pipeline-errors.js';
import { messageContext, type MessageContextFields } from '../../src/kernel/messages/message-context.js';
import { Counters } from './toys.js';
import type { ToyApp } from './toy-app.js';

/** Ids of counters whose commands fail. */
export const broken = new Set<string>();

@DurableCommand('toy.tally')
export class TallyCommand {
  constructor(
    readonly counterId: string,
    readonly by = 1,
  ) {}
}

@CommandHandler(TallyCommand)
export class TallyHandler implements ICommandHandler<TallyCommand> {
  constructor(private readonly counters: Counters) {}

  async execute({ counterId, by }: TallyCommand): Promise<{ id: string; total: number; asked: object }> {
    if (broken.has(counterId)) throw new Error('The counter is broken.');
    if (by === 0) throw new NotFound('There is no such counter.');
    const counter = await this.counters.findOrNew(counterId);
    counter.count(by);
    await this.counters.save(counter);
    return { id: counterId, total: counter.total, asked: messageContext.current().principal };
  }
}

export const ada = { id: 'ada', roles: ['customer'] };
export const LATER = { operation: 'POST /toys', resource: { type: 'toy', href: '/toys/:id' } };

/** Sends a command as a client that prefers not to wait. @returns its operation's id, or the result, if there is one. */
export async function later<T = string>(on: ToyApp, command: object, fields: MessageContextFields = {}): Promise<T> {
  try {
    return await on.run<T>(command, { principal: ada, respondAsync: LATER, ...fields });
  } catch (error) {
    if (isAccepted(error)) return error.operationId as T;
    throw error;
  }
}
