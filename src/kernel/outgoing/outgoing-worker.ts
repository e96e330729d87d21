import { Injectable, Logger } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { refusalIn } from '../idempotency/stored-refusals.js';
import { UnitOfWork } from '../commands/unit-of-work.js';
import type { CommandResult } from '../idempotency/idempotency.js';
import { classify } from '../database/errors.js';
import { Pools } from '../database/pools.js';
import { DurableEvent, isRefusal } from '../domain/index.js';
import { reviveCommand } from '../domain/durable-command.js';
import { CommitSignal } from '../event-log/commit-signal.js';
import { failpoint } from '../failpoints.js';
import { errorText } from '../messages/error-text.js';
import { MessageContext, messageContext } from '../messages/message-context.js';
import { PollingLoop } from '../polling-loop.js';
import { isOfSomeLink } from '../subscriptions/faults.js';
import { pauseAfter } from '../subscriptions/retry-policy.js';
import {
  FINISH_COMMANDS,
  claimCommands,
  commandFailed,
  endCommand,
  nextCommandInMs,
  type OutgoingCommandRow,
} from './sql/outgoing-commands.js';

const AT_ONCE = 8;
/** Longer than a command may take; whoever dies with a claim keeps others waiting this long. */
const CLAIM_MS = 30_000;
const POLL_MS = 1_000;

/** A stored command was refused: on the stream `command:<id>`, where whoever sent it can subscribe it. */
@DurableEvent('kernel.command-refused', 1)
export class CommandRefused {
  constructor(
    readonly commandId: string,
    readonly command: string,
    readonly code: string,
    readonly message: string,
    readonly facts: Readonly<Record<string, unknown>>,
  ) {}
}

/** Executes stored commands in processes that run subscriptions. Any number of replicas share the work by claims. */
@Injectable()
export class OutgoingWorker {
  readonly #logger = new Logger('OutgoingCommands');
  readonly #loop = new PollingLoop({ turn: () => this.#turn(), failed: (error) => this.#claimFailed(error) });
  #stopListening: (() => void) | undefined;

  constructor(
    private readonly pools: Pools,
    private readonly commands: CommandBus,
    private readonly signal: CommitSignal,
  ) {}

  start(): void {
    this.#stopListening ??= this.signal.onWork('commands', this.#loop.wake);
    this.#loop.start();
  }

  async stop(): Promise<void> {
    await this.#loop.stop();
    this.#stopListening?.();
  }

  async #turn(): Promise<number> {
    const claimed = await claimCommands(this.pools.worker, AT_ONCE, CLAIM_MS);
    await failpoint('outgoing.after-claim');
    await Promise.all(claimed.map((row) => this.#execute(row)));
    return claimed.length > 0 ? 0 : Math.min((await nextCommandInMs(this.pools.worker)) ?? POLL_MS, POLL_MS);
  }

  #claimFailed(error: unknown): number {
    this.#logger.warn(`Stored commands could not be claimed. Retrying. ${String(error)}`);
    return POLL_MS;
  }

  async #execute(row: OutgoingCommandRow): Promise<void> {
    try {
      const command = reviveCommand(row.name, row.data ?? {});
      if (command === undefined)
        throw new Error(`This release has no command ${row.name}. Deploy a release that has it, then retry.`);
      await this.#executeUnder(row, command);
    } catch (error) {
      // Every refusal is an answer here: it was stored with the command's end.
      if (!isRefusal(error)) await this.#failed(row, error);
    }
  }

  /** A command that was answered before, but whose row didn't end with it, only needs its row ended. */
  async #executeUnder(row: OutgoingCommandRow, command: object): Promise<void> {
    const context = contextFor(row);
    const { state, error } = await messageContext
      .run(context, () => this.commands.execute(command))
      .then(
        () => ({ state: 'succeeded' as const, error: undefined }),
        // Whatever it is: a handler may also reject with nothing.
        (thrown: unknown) => ({ state: 'refused' as const, error: thrown }),
      );
    if (context.outcome.replayed) await endCommand(this.pools.worker, row.id, state);
    if (state === 'refused') throw error;
  }

  /** Never rejects: a failure that can't be noted is found by the end of the claim, and holds up no other command. */
  async #failed(row: OutgoingCommandRow, error: unknown): Promise<void> {
    const attempts = row.attempts + 1;
    const text = errorText(error);
    try {
      // A handler's call of another host that is down fails as a connection to the database does.
      const isOutage = classify(error).kind === 'unavailable' && !(isOfSomeLink(error) && (await this.pools.answers()));
      const tryInMs = isOutage ? POLL_MS : pauseAfter(attempts);
      const failure = { attempts: isOutage ? row.attempts : attempts, error: text, tryInMs };
      await commandFailed(this.pools.worker, row.id, failure);
      if (tryInMs === undefined)
        this.#logger.error(`Command ${row.id} (${row.name}) is dead-lettered after ${attempts} attempts: ${text}`);
    } catch (failure) {
      this.#logger.warn(
        `Command ${row.id} (${row.name}) failed (${text}), which can't be noted: ${errorText(failure)}`,
      );
    }
  }
}

/** Under the stored id as key; the row ends in the same commit as the command. A client's answer is forgotten after the
 *  retention, as the key that it was sent with is; those of others are kept like their commands. */
function contextFor(row: OutgoingCommandRow): MessageContext {
  const kind = row.operation === null ? 'system' : 'client';
  return new MessageContext({
    ...row.context,
    pool: 'worker',
    idempotency: { key: row.id, operation: row.name, fingerprint: '', kind, isFinal: true },
    beforeCommit: (answer) => finish(row, answer),
  });
}

/** A refusal is published as an event, for whatever caused the command; a client reads its operation instead. */
function finish({ id, name, operation }: OutgoingCommandRow, answer: CommandResult): void {
  const unit = UnitOfWork.required('Ending a stored command');
  if (answer.outcome === 'result') {
    unit.addCommitRow(FINISH_COMMANDS, { id, state: 'succeeded', error: null });
    return;
  }
  const refusal = refusalIn(answer.body);
  const { code, message } = refusal;
  unit.addCommitRow(FINISH_COMMANDS, { id, state: 'refused', error: message });
  const event = new CommandRefused(id, name, code, message, refusal.facts());
  if (operation === null) unit.append(`command:${id}`, [event], 'none');
}
