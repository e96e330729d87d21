import { Injectable } from '@nestjs/common';
import type { CommandDeferral } from '../commands/command-deferral.js';
import { UnitOfWork } from '../commands/unit-of-work.js';
import { CommandPipeline } from '../commands/command-pipeline.js';
import { durableNameOf } from '../domain/durable-command.js';
import { newId } from '../messages/ids.js';
import type { RequestedOperation } from '../messages/message-context.js';
import { STORE_COMMANDS, type NewCommandRow } from './sql/outgoing-commands.js';
import { storedContextOf } from './stored-context.js';

/**
 * Accepts commands of clients who would rather not wait. The acceptance is an answer like any other: it commits with the
 * stored command under the client's key, so a repeat finds it, another payload is refused, and whichever of two
 * simultaneous requests comes second has no effect.
 */
@Injectable()
export class AcceptedCommands implements CommandDeferral {
  constructor(private readonly pipeline: CommandPipeline) {}

  defer(command: object): Promise<unknown> | undefined {
    const name = durableNameOf(command);
    return name === undefined
      ? undefined
      : this.pipeline.run(command.constructor.name, async () => accept(command, name));
  }
}

function accept(command: object, name: string): void {
  const unit = UnitOfWork.required('Accepting a command');
  const id = newId();
  const { operation, resource } = unit.context.respondAsync as RequestedOperation;
  // The client is its cause, no command.
  const context = storedContextOf(unit.context);
  const row: NewCommandRow = { id, instance: id, name, data: command, context, dueAt: null, operation, resource };
  unit.addCommitRow(STORE_COMMANDS, row);
  unit.accepted = { id, name };
}
