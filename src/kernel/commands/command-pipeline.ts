import { setTimeout as pause } from 'node:timers/promises';
import { Inject, Injectable, Optional } from '@nestjs/common';
import type { QueryRunner } from 'typeorm';
import { classify, isOfOwnDatabase, isStalePlan } from '../database/errors.js';
import { Pools } from '../database/pools.js';
import { isRefusal, type Refusal } from '../domain/index.js';
import { LogEpoch } from '../event-log/epoch.js';
import { CommitSignal } from '../event-log/commit-signal.js';
import type { EventRef } from '../event-log/sql/position-of-event.js';
import { readStream } from '../event-log/sql/read-stream.js';
import { recordedEvent, type RecordedEvent } from '../event-log/stored-event.js';
import { failpoint } from '../failpoints.js';
import { KERNEL_OPTIONS, type KernelOptions } from '../kernel-options.js';
import { Clock } from '../messages/clock.js';
import { EventRegistry } from '../messages/event-registry.js';
import { messageContext, type MessageContext } from '../messages/message-context.js';
import { CommandObserver, type ObservedCommand } from './command-observer.js';
import { COMMIT_CONTRIBUTORS, NEW_UNIT_RUNNER } from './commands.tokens.js';
import { planCommit, type CommitContributor } from './commit-plan.js';
import { commitWork, type CommittedStream } from './commit-statement.js';
import {
  IdempotencyKeyReused,
  RequestInProgress,
  idempotencyKey,
  findStoredResult,
  keyOfAccepted,
  type Acceptance,
  type CommandResult,
  type IdempotencyKey,
  type StoredResult,
} from '../idempotency/idempotency.js';
import { CommandAccepted, ConcurrencyConflict, OutcomeUnknown } from './pipeline-errors.js';
import { isRefusedByView } from './required-views.js';
import { resultBody } from '../idempotency/result-body.js';
import { refusalBody, refusalIn } from '../idempotency/stored-refusals.js';
import { UnitOfWork } from './unit-of-work.js';
import { UnitTransaction } from './unit-transaction.js';

/** Tries of one command in all: enough for a much-wanted stream, because from the third on it queues for the lock. */
const MAX_TRIES = 5;
/** The unit was loaded from a log that isn't this one any more; see kernel.commit. */
const OTHER_EPOCH = 'WB012';
const RETRY_FIRST_MS = 20;
const RETRY_CAP_MS = 500;

/** One try of a command. */
interface Try {
  readonly unit: UnitOfWork;
  readonly key: IdempotencyKey;
  readonly work: () => Promise<unknown>;
  /** Its key may have an answer by now: sent by a caller, or the outcome of an earlier try is unknown. */
  readonly mayHaveResult: boolean;
  /** What the handler returned in each try so far, for a command without a caller's key. */
  readonly results: unknown[];
}

/** One try's end: the answer is stored, or the command must be run again because of the given fault. */
type Attempt = CommandResult | { readonly again: unknown };

/**
 * The command pipeline. The outermost command gets a unit of work, is run, and is committed in one statement together
 * with its answer; a version conflict runs it again with fresh state; a COMMIT whose answer was lost is found by
 * its key before anything else happens. A command executed inside a command joins its unit.
 *
 * Under a caller's key no result and no refusal leaves here except as the content of its idempotency row.
 */
@Injectable()
export class CommandPipeline {
  constructor(
    private readonly pools: Pools,
    @Inject(NEW_UNIT_RUNNER) private readonly newRunner: () => QueryRunner,
    private readonly registry: EventRegistry,
    private readonly clock: Clock,
    private readonly signal: CommitSignal,
    private readonly observer: CommandObserver,
    private readonly epoch: LogEpoch,
    @Inject(KERNEL_OPTIONS) private readonly options: KernelOptions,
    @Optional() @Inject(COMMIT_CONTRIBUTORS) private readonly contributors: readonly CommitContributor[] = [],
  ) {}

  /**
   * @param name the operation's name in keys of commands that came without one.
   * @returns what `work` returned; under a caller's key as JSON gives it back, the same for the first call and every repeat.
   * @throws Error when an earlier outermost command has used the idempotency key of the message context.
   * @throws CommandAccepted (the answer is that it is executed later), Refusal (business), IdempotencyKeyReused,
   *   RequestInProgress, ConcurrencyConflict, OutcomeUnknown, or the fault.
   */
  async run<T>(name: string, work: () => Promise<T>): Promise<T> {
    const outer = UnitOfWork.current();
    if (outer !== undefined) return outer.join(name, work);
    return this.observer.observe(name, (watched) => this.#outermost(name, work, watched));
  }

  async #outermost<T>(name: string, work: () => Promise<T>, watched: ObservedCommand): Promise<T> {
    const context = messageContext.current();
    context.useKey(name);
    let fault: unknown;
    let key: IdempotencyKey | undefined;
    let isUnknown = false;
    const results: unknown[] = [];
    for (let attempt = 1; attempt <= MAX_TRIES; attempt += 1) {
      watched.tries = attempt;
      const unit = this.#unit(context, attempt);
      key ??= idempotencyKey(context, name, unit.commandId);
      const mayHaveResult = isUnknown || key.kind !== 'kernel';
      const end = await this.#attempt({ unit, key, work, mayHaveResult, results });
      if ('body' in end) return resultIn(end, key, results) as T;
      fault = end.again;
      isUnknown ||= classify(fault).kind === 'outcome-unknown';
      await pause(Math.random() * Math.min(RETRY_CAP_MS, RETRY_FIRST_MS * 2 ** (attempt - 1)));
    }
    throw exhausted(fault, isUnknown);
  }

  #unit(context: MessageContext, attempt: number): UnitOfWork {
    const transaction = new UnitTransaction(this.pools[context.pool], this.newRunner);
    const of = { occurredAt: this.clock.now().toISOString(), epoch: this.epoch.known, attempt };
    return new UnitOfWork(context, of, transaction);
  }

  async #attempt(of: Try): Promise<Attempt> {
    const { unit, work } = of;
    let answer: CommandResult;
    try {
      await failpoint('cmd.before-tx');
      const result = await unit.enter(work);
      unit.assertOpen('The commit');
      unit.transaction.assertIdle();
      answer = commandResult(of, result);
    } catch (error) {
      await unit.transaction.rollback();
      unit.close();
      return this.#failed(of, error);
    }
    return this.#commit(of, answer);
  }

  /** The handler threw: a repeat of an answered key gets its answer, a conflict another try, a refusal is stored. */
  async #failed(of: Try, error: unknown): Promise<Attempt> {
    if (!isRefusal(error) && isContention(error)) return { again: error };
    if (!of.mayHaveResult) throw error;
    const stored = await this.#replay(of.unit.context, of.key);
    if (stored !== undefined) return stored;
    if (of.key.kind === 'kernel' || !isRefusal(error) || !isStorable(error, of.unit.context)) throw error;
    return this.#refuse(of, error);
  }

  /** Stores a refusal under the caller's key and raises it, unless the key was answered otherwise meanwhile. */
  async #refuse(of: Try, error: Refusal): Promise<Attempt> {
    const answer: CommandResult = { outcome: 'refusal', body: refusalBody(error, this.options) };
    const end = await this.#commit({ ...of, unit: this.#unit(of.unit.context, 1) }, answer);
    if ('body' in end && end.outcome === 'refusal') throw refusalIn(end.body);
    return end;
  }

  async #commit(of: Try, answer: CommandResult): Promise<Attempt> {
    const { unit, key } = of;
    try {
      await unit.enter(async () => unit.context.beforeCommit?.(answer));
      await failpoint('cmd.before-commit');
      const committed = await this.#write(unit, key, answer);
      await failpoint('cmd.after-commit-before-reply');
      unit.context.outcome.lastEvent = lastOf(committed);
      const work = [...unit.commitWrites.keys()].flatMap((write) => write.work ?? []);
      if (committed.length > 0 || work.length > 0) this.signal.emit(work);
      return answer;
    } catch (error) {
      await unit.transaction.rollback();
      return this.#commitFailed(of, error);
    } finally {
      unit.close();
    }
  }

  async #write(unit: UnitOfWork, key: IdempotencyKey, answer: CommandResult): Promise<readonly CommittedStream[]> {
    const addCommitRow = unit.seal();
    const plan = planCommit(unit, this.registry, { key, answer });
    for (const contributor of this.contributors) {
      await contributor.contribute(plan.writes, {
        add: addCommitRow,
        requireView: (view) => unit.views.push(view),
        historyOf: (stream, version) => this.#historyOf(unit, stream, version),
      });
    }
    const { transaction } = unit;
    if (!transaction.isOpen) {
      transaction.assertIdle();
      transaction.close();
      return commitWork(transaction.pool, plan.work, unit.commitWrites, unit.checkpoint);
    }
    const committed = await commitWork(await transaction.client(), plan.work, unit.commitWrites, unit.checkpoint);
    await failpoint('cmd.after-append');
    await transaction.commit();
    return committed;
  }

  async #historyOf(unit: UnitOfWork, streamId: string, limit: number): Promise<RecordedEvent[]> {
    const rows = await readStream(unit.transaction.connection, { tenant: unit.context.tenant, streamId, limit });
    return rows.map((row) => recordedEvent(this.registry, row));
  }

  async #commitFailed(of: Try, error: unknown): Promise<Attempt> {
    const { unit, key } = of;
    if (await isRefusedByView(this.pools.app, unit.views, error)) return { again: error };
    const fault = classify(error);
    switch (fault.sqlState) {
      case 'WB001':
        return (await this.#replay(unit.context, key)) ?? { again: error };
      case 'WB003':
        return this.#failed(of, claimRefused(unit, error));
      default:
    }
    if (fault.kind === 'outcome-unknown') return this.#findStored(unit.context, key, error);
    if (isWaitForKey(error, key)) throw new RequestInProgress();
    if (!isContention(error)) throw error;
    if (fault.sqlState === OTHER_EPOCH) await this.epoch.refresh();
    return { again: error };
  }

  /** The answer to COMMIT was lost. It may have happened, and may even still be under way: the row of the key shows it. */
  async #findStored(context: MessageContext, key: IdempotencyKey, error: unknown): Promise<Attempt> {
    try {
      const stored = await this.#replay(context, key);
      return stored ?? { again: error };
    } catch (readFailed) {
      if (isRefusal(readFailed) || readFailed instanceof IdempotencyKeyReused) throw readFailed;
      throw new OutcomeUnknown({ cause: readFailed });
    }
  }

  /** @returns the stored answer; undefined when there is none. @throws the stored refusal, or IdempotencyKeyReused. */
  async #replay(context: MessageContext, key: IdempotencyKey): Promise<CommandResult | undefined> {
    const first = await findStoredResult(this.pools[context.pool], key);
    if (first === undefined) return undefined;
    if (first.fingerprint !== key.fingerprint) throw new IdempotencyKeyReused();
    const stored = await this.#executed(context, key, first);
    context.outcome.replayed = key.kind !== 'kernel';
    context.outcome.lastEvent = stored.lastEvent ?? undefined;
    if (stored.outcome === 'refusal') throw refusalIn(stored.body);
    return stored;
  }

  /** Who doesn't ask for an operation gets an accepted command's own answer, once there is one. */
  async #executed(context: MessageContext, key: IdempotencyKey, first: StoredResult): Promise<StoredResult> {
    if (first.outcome !== 'accepted' || context.respondAsync !== undefined) return first;
    return (await findStoredResult(this.pools[context.pool], keyOfAccepted(key, first.body))) ?? first;
  }
}

/** Without a caller's key nothing of the result is stored but which try it is of: it may be secret, and no JSON. */
function commandResult({ unit: { accepted }, key, results }: Try, result: unknown): CommandResult {
  if (accepted !== undefined) return { outcome: 'accepted', body: JSON.stringify(accepted) };
  if (key.kind !== 'kernel') return { outcome: 'result', body: resultBody(key.operation, result) };
  return { outcome: 'result', body: String(results.push(result) - 1) };
}

function resultIn({ outcome, body }: CommandResult, { kind }: IdempotencyKey, results: readonly unknown[]): unknown {
  if (outcome === 'accepted') throw new CommandAccepted((JSON.parse(body) as Acceptance).id);
  return kind === 'kernel' ? results[Number(body)] : JSON.parse(body);
}

/** What the last try's fault means for the caller. An earlier commit may still be under way while its key is locked. */
function exhausted(fault: unknown, isUnknown: boolean): unknown {
  const { kind } = classify(fault);
  if (kind === 'outcome-unknown' || (isUnknown && kind !== 'conflict')) return new OutcomeUnknown({ cause: fault });
  return isStalePlan(fault) ? fault : new ConcurrencyConflict(MAX_TRIES, fault);
}

/** Others were faster, or hold what this one needs, or have changed the schema; in the kernel's own database, not in another one
 *  that the handler has asked. */
function isContention(error: unknown): boolean {
  if (!isOfOwnDatabase(error)) return false;
  const { kind } = classify(error);
  return kind === 'conflict' || kind === 'lock-timeout' || isStalePlan(error);
}

/** Refusals of the kernel itself (not-found, version-mismatch) depend on the moment and are not stored where a client may
 *  repeat it; those of a context have its name in front. */
function isStorable(refusal: Refusal, { idempotency }: MessageContext): boolean {
  return idempotency?.isFinal === true || refusal.code.includes('.');
}

function claimRefused(unit: UnitOfWork, error: unknown): unknown {
  const [scope, value] = JSON.parse((error as { detail: string }).detail) as [scope: string, value: string];
  return unit.uniques.find((claim) => claim.scope === scope && claim.value === value)?.refusal() ?? error;
}

/** A client's lock time-out while waiting for another request's row of the key, recognized by the error's context: a wait for a
 *  lock on the whole table, or on a stream, has another context. */
function isWaitForKey(error: unknown, key: IdempotencyKey): boolean {
  if (key.kind !== 'client' || classify(error).kind !== 'lock-timeout') return false;
  return /in relation "idempotency(_pkey)?"/.test(String((error as { where?: string }).where));
}

function lastOf(committed: readonly CommittedStream[]): EventRef | undefined {
  const last = committed.toSorted((a, b) => a.last_event_id - b.last_event_id).at(-1);
  return last && { id: last.last_event_id, eventId: last.last_event };
}
