import { isDeepStrictEqual } from 'node:util';
import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '../commands/unit-of-work.js';
import { Pools } from '../database/pools.js';
import { durableNameOf } from '../domain/durable-command.js';
import { newId } from '../messages/ids.js';
import {
  STORE_COMMANDS,
  cancelCommand,
  readCommand,
  type NewCommandRow,
  type OutgoingCommandRow,
  type StoredContext,
} from './sql/outgoing-commands.js';
import { storedContextOf } from './stored-context.js';

/** One unit of work sends two commands under one id. */
export class CommandIdReused extends Error {
  readonly code = 'command-id-reused';

  constructor(id: string) {
    super(`Two different commands are sent under the id ${id} in one command. Give each its own id.`);
  }
}

export interface SendOptions {
  /** The command's id and idempotency key. Sending the same command under it again changes nothing, also not its time and
   *  its instance. Default: a new one. */
  readonly id?: string;
  /** Not before this time; default: at once. */
  readonly executeAt?: Date;
  /** Commands of one instance are executed strictly in order; default: an instance of its own. */
  readonly instance?: string;
}

/**
 * Commands to be executed later, by whichever worker is free: stored in the commit of what causes them, executed at
 * least once with their id as idempotency key, so that they take effect once; completion commits with the effects.
 */
@Injectable()
export class OutgoingCommands {
  constructor(private readonly pools: Pools) {}

  /**
   * Stores a command with the commit of the one being handled.
   * @returns its id: of the operation, and for cancelling.
   * @throws Error when the class has no @DurableCommand name, or outside a command; CommandIdReused. The commit fails with
   * WB005 when the id was used earlier for another command, or for another tenant.
   */
  send(command: object, options: SendOptions = {}): string {
    const unit = UnitOfWork.required('Sending a command');
    // It acts for whoever caused it, one reaction further.
    const context = {
      ...storedContextOf(unit.context),
      causationId: unit.commandId,
      causationDepth: unit.context.causationDepth + 1,
    };
    const row = rowOf(command, context, options);
    const known = (unit.commitWrites.get(STORE_COMMANDS) as NewCommandRow[] | undefined)?.find(
      ({ id }) => id === row.id,
    );
    if (known === undefined) unit.addCommitRow(STORE_COMMANDS, row);
    else if (!isSame(known, row)) throw new CommandIdReused(row.id);
    return row.id;
  }

  /** Takes a command back unless it has begun. @returns whether it was taken back. */
  cancel(id: string): Promise<boolean> {
    return cancelCommand(this.pools.app, id);
  }

  find(id: string): Promise<OutgoingCommandRow | undefined> {
    return readCommand(this.pools.app, id);
  }
}

function isSame(known: NewCommandRow, again: NewCommandRow): boolean {
  return known.name === again.name && isDeepStrictEqual(known.data, again.data);
}

function rowOf(command: object, context: StoredContext, options: SendOptions): NewCommandRow {
  const name = durableNameOf(command);
  if (name === undefined) {
    throw new Error(
      `${command.constructor.name} has no permanent name. Add @DurableCommand('<context>.<command-in-kebab>') to the class.`,
    );
  }
  const id = options.id ?? newId();
  return {
    id,
    instance: options.instance ?? id,
    name,
    data: command,
    context,
    dueAt: options.executeAt?.toISOString() ?? null,
  };
}
