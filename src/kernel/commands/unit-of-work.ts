import { AsyncLocalStorage } from 'node:async_hooks';
import type { Aggregate, Refusal } from '../domain/index.js';
import type { RecordedEvent } from '../event-log/stored-event.js';
import { messageContext, type IdempotencyRequest, type MessageContext } from '../messages/message-context.js';
import { newId } from '../messages/ids.js';
import type { CommitGuard, CommitWrite } from './commit-statement.js';
import type { Acceptance } from '../idempotency/idempotency.js';
import type { RequiredView } from './required-views.js';
import type { UnitTransaction } from './unit-transaction.js';

/** What a stream must be like for the commit to succeed: a version, absent, present, or whatever. */
export type ExpectedVersion = number | 'none' | 'exists' | 'any';

export interface StreamWrite {
  readonly stream: string;
  readonly expected: ExpectedVersion;
  readonly events: object[];
  /** The stream as it was loaded, oldest first; inline views are folded from it. */
  readonly history: readonly RecordedEvent[];
}

/** A value that only one owner may hold; claimed in the commit, because a read beforehand could be overtaken. */
export interface UniqueValueClaim {
  /** What must be unique in the tenant: `ordering.external-number`. Permanent. */
  readonly scope: string;
  readonly value: string;
  /** Who holds it: the aggregate's id. */
  readonly owner: string;
  /** Built when another owner holds the value already. */
  readonly refusal: () => Refusal;
}

/** A command in its unit. Each runs at most one joined command at a time, which may run one of its own. */
interface RunningCommand {
  readonly unit: UnitOfWork;
  isWaiting: boolean;
}

const storage = new AsyncLocalStorage<RunningCommand>();

/**
 * Everything that one command changes, kept until one commit writes it all or nothing: events, unique values, commit
 * rows, and, where a handler touches TypeORM, the rows of a real transaction. Handlers meet it through repositories.
 */
export class UnitOfWork {
  readonly commandId = newId();
  readonly writes = new Map<string, StreamWrite>();
  readonly guards = new Map<string, number>();
  readonly uniques: UniqueValueClaim[] = [];
  readonly commitWrites = new Map<CommitWrite, object[]>();
  /** Inline views that the commit writes; filled when it is put together. */
  readonly views: RequiredView[] = [];
  /** The checkpoint that moves with this commit, where a subscription runs it. */
  checkpoint: CommitGuard | undefined;
  /** Set where the command is stored for later instead of executed: the unit's answer is then this. */
  accepted: Acceptance | undefined;
  /** RFC 3339. */
  readonly occurredAt: string;
  /** The log's epoch when it began: what it has loaded isn't true in another one. Undefined before the start has read it. */
  readonly epoch: string | undefined;
  /** Streams with the lock taken before loading: from the third try on. */
  readonly locksStreams: boolean;
  readonly #instances = new Map<string, Aggregate>();
  #state: 'open' | 'failed' | 'sealed' | 'closed' = 'open';

  constructor(
    readonly context: MessageContext,
    from: { readonly occurredAt: string; readonly epoch: string | undefined; readonly attempt: number },
    readonly transaction: UnitTransaction,
  ) {
    this.occurredAt = from.occurredAt;
    this.epoch = from.epoch;
    this.locksStreams = from.attempt >= 3;
  }

  /** The unit of the command being executed, if there is one. */
  static current(): UnitOfWork | undefined {
    return storage.getStore()?.unit;
  }

  /** @throws Error outside a command: writing there would not be atomic with anything. */
  static required(what: string): UnitOfWork {
    const unit = UnitOfWork.current();
    if (unit === undefined) {
      throw new Error(
        `${what} was called outside a command. Do it inside a command handler (or a @UnitOfWorkRoute), so that it commits together with the rest.`,
      );
    }
    unit.assertOpen(what);
    return unit;
  }

  /** @throws Error when a joined command was started and not awaited: it would be in the commit or not, by luck. */
  async enter<T>(work: () => Promise<T>): Promise<T> {
    const running: RunningCommand = { unit: this, isWaiting: false };
    const result = await storage.run(running, work);
    if (running.isWaiting)
      throw new Error('A command ended before the command that it executed. Await everything that a handler starts.');
    return result;
  }

  /** Adds events to a stream. Two writes to one stream join when the second goes on where the first ends. */
  append(
    stream: string,
    events: readonly object[],
    expected: ExpectedVersion,
    history: readonly RecordedEvent[] = [],
  ): void {
    this.#assertMayChange(`Appending to ${stream}`);
    const write = this.writes.get(stream);
    if (write === undefined) this.writes.set(stream, { stream, expected, events: [...events], history });
    else if (goesOn(write, expected)) write.events.push(...events);
    else {
      throw new Error(
        `${stream} is written twice in this command, and the second write doesn't know of the first (it expects ${expected}). ` +
          'Load an aggregate once, or load it again after saving: both give the same instance.',
      );
    }
  }

  /** Makes the commit fail when the stream isn't at that version any more, without writing to it. */
  guard(stream: string, version: number): void {
    this.assertOpen(`Guarding ${stream}`);
    this.guards.set(stream, version);
  }

  claimUnique(claim: UniqueValueClaim): void {
    this.#assertMayChange(`Claiming ${claim.scope}`);
    this.uniques.push(claim);
  }

  /** Adds a row that commits with the events. */
  addCommitRow(write: CommitWrite, row: object): void {
    this.#assertMayChange(`Writing ${write.id}`);
    this.#addCommitRow(write, row);
  }

  #addCommitRow(write: CommitWrite, row: object): void {
    const rows = this.commitWrites.get(write);
    if (rows === undefined && [...this.commitWrites.keys()].some(({ id }) => id === write.id)) {
      throw new Error(
        `Two writes have the id ${write.id}, and a commit would run one's SQL for both. Give each its own, and define it once.`,
      );
    }
    if (rows === undefined) this.commitWrites.set(write, [row]);
    else rows.push(row);
  }

  /** One identity map per unit: a second load returns the same instance. */
  remembered(stream: string): Aggregate | undefined {
    return this.#instances.get(stream);
  }

  remember(stream: string, aggregate: Aggregate): void {
    this.#instances.set(stream, aggregate);
  }

  /** Runs a joined command in this unit. An error that leaves it makes the unit fail even if a caller catches it. */
  async join<T>(name: string, work: () => Promise<T>): Promise<T> {
    this.assertOpen(`Executing ${name}`);
    const outer = storage.getStore()!;
    try {
      if (outer.isWaiting) {
        throw new Error(`${name} was executed while another joined command was running. Await one before the next.`);
      }
      assertSameSender(name, this.context);
      outer.isWaiting = true;
      return await this.enter(work).finally(() => (outer.isWaiting = false));
    } catch (error) {
      if (this.#state === 'open') this.#state = 'failed';
      throw error;
    }
  }

  /** A change that comes too late fails a commit that is under way: the rows beside it may be in the transaction. */
  #assertMayChange(what: string): void {
    try {
      this.assertOpen(what);
    } catch (error) {
      this.transaction.fail(error as Error);
      throw error;
    }
    this.transaction.noteChange();
  }

  /** @throws Error once the unit has ended or a joined command has failed. */
  assertOpen(what: string): void {
    if (this.#state === 'open') return;
    throw new Error(
      this.#state === 'failed'
        ? `${what} came after a joined command had failed. The whole command is rolled back; let the error through.`
        : `${what} came after its command had ended. Await everything that a handler starts.`,
    );
  }

  /**
   * Refuses every later change as after the end: what was planned for the commit would not have it.
   * @returns the one way that is left, for rows that follow from the plan.
   */
  seal(): (write: CommitWrite, row: object) => void {
    this.#state = 'sealed';
    return (write, row) => this.#addCommitRow(write, row);
  }

  close(): void {
    this.#state = 'closed';
    this.transaction.close();
  }
}

/** @throws Error where the current message context has another sender than the unit's: the unit would ignore it. */
function assertSameSender(name: string, unit: MessageContext): void {
  const { tenant, principal, idempotency } = messageContext.current();
  const another =
    (tenant !== unit.tenant && 'tenant') ||
    (principal.id !== unit.principal.id && 'principal') ||
    (isOtherKey(idempotency, unit.idempotency) && 'idempotency key');
  if (another === false) return;
  throw new Error(
    `${name} was executed inside a command with another ${another}, which would be ignored: it commits with the outer command, ` +
      'under the tenant, principal and key of that one. Send it as a stored command with OutgoingCommands, or execute it ' +
      'outside the command.',
  );
}

function isOtherKey(key: IdempotencyRequest | undefined, own: IdempotencyRequest | undefined): boolean {
  return key !== undefined && (key.key !== own?.key || key.operation !== own.operation);
}

function goesOn({ expected, events }: StreamWrite, next: ExpectedVersion): boolean {
  if (typeof next === 'string') return next === expected;
  if (expected === 'any' || expected === 'exists') return false;
  return next === (expected === 'none' ? 0 : expected) + events.length;
}
