import { setTimeout as pause } from 'node:timers/promises';
import { Inject, Injectable, Optional } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { classify } from '../database/errors.js';
import { Pools } from '../database/pools.js';
import { StoredRefusal, isRefusal, type Refusal } from '../domain/index.js';
import { LogBell } from '../event-log/log-bell.js';
import { readStream } from '../event-log/sql/read-stream.js';
import { recordedEvent, type RecordedEvent } from '../event-log/stored-event.js';
import { failpoint } from '../failpoints.js';
import { Clock } from '../messages/clock.js';
import { EventRegistry } from '../messages/event-registry.js';
import { messageContext, type MessageContext } from '../messages/message-context.js';
import { CommandWatch, type WatchedCommand } from './command-watch.js';
import { COMMIT_CONTRIBUTORS, WRITE_DATA_SOURCE } from './commands.tokens.js';
import { planCommit, type CommitContributor } from './commit-plan.js';
import { commitWork, type CommittedStream } from './commit-statement.js';
import {
  IdempotencyKeyReused,
  RequestInProgress,
  answerKey,
  findAnswer,
  keyOfAccepted,
  type Acceptance,
  type Answer,
  type AnswerKey,
  type StoredAnswer,
} from './idempotency.js';
import { CommandAccepted, ConcurrencyConflict, OutcomeUnknown } from './pipeline-errors.js';
import { UnitOfWork } from './unit-of-work.js';
import { UnitTransaction } from './unit-transaction.js';

/** Tries of one command in all: enough for a much-wanted stream, because from the third on it queues for the lock. */
const MAX_TRIES = 5;
const RETRY_FIRST_MS = 20;
const RETRY_CAP_MS = 500;

/** One try of a command. */
interface Try {
  readonly unit: UnitOfWork;
  readonly key: AnswerKey;
  readonly work: () => Promise<unknown>;
  /** Its key may have an answer by now: sent by a caller, or the outcome of an earlier try is unknown. */
  readonly mayBeAnswered: boolean;
}

/** One try's end: the answer is stored, or the command must be run again because of the given fault. */
type Attempt = Answer | { readonly again: unknown };

/**
 * The command pipeline. The outermost command gets a unit of work, is run, and is committed in one statement together
 * with its answer; a version conflict runs it again with fresh state; a COMMIT whose answer was lost is looked up by
 * its key before anything else happens. A command executed inside a command joins its unit.
 *
 * No result, and for keyed commands no refusal, leaves here except as the content of its idempotency row (02 §3).
 */
@Injectable()
export class UnitsOfWork {
  constructor(
    private readonly pools: Pools,
    @Inject(WRITE_DATA_SOURCE) private readonly write: DataSource,
    private readonly registry: EventRegistry,
    private readonly clock: Clock,
    private readonly bell: LogBell,
    private readonly watch: CommandWatch,
    @Optional() @Inject(COMMIT_CONTRIBUTORS) private readonly contributors: readonly CommitContributor[] = [],
  ) {}

  /**
   * @param name the operation's name in keys of commands that came without one.
   * @returns the result as JSON gives it back: the same for the first call and for every repeat.
   * @throws CommandAccepted (the answer is that it is executed later), Refusal (business), IdempotencyKeyReused,
   *   RequestInProgress, ConcurrencyConflict, OutcomeUnknown, or the fault.
   */
  async run<T>(name: string, work: () => Promise<T>): Promise<T> {
    const outer = UnitOfWork.current();
    if (outer !== undefined) return outer.join(name, work);
    return this.watch.watch(name, (watched) => this.#outermost(name, work, watched));
  }

  async #outermost<T>(name: string, work: () => Promise<T>, watched: WatchedCommand): Promise<T> {
    const context = messageContext.current();
    let fault: unknown;
    let key: AnswerKey | undefined;
    let isUnknown = false;
    for (let attempt = 1; attempt <= MAX_TRIES; attempt += 1) {
      watched.tries = attempt;
      const unit = this.#unit(context, attempt);
      key ??= answerKey(context, name, unit.commandId);
      const end = await this.#attempt({ unit, key, work, mayBeAnswered: isUnknown || key.kind !== 'kernel' });
      if ('body' in end) return resultIn(end) as T;
      fault = end.again;
      isUnknown ||= classify(fault).kind === 'outcome-unknown';
      await pause(Math.random() * Math.min(RETRY_CAP_MS, RETRY_FIRST_MS * 2 ** (attempt - 1)));
    }
    throw classify(fault).kind === 'outcome-unknown' ? new OutcomeUnknown() : new ConcurrencyConflict(MAX_TRIES, fault);
  }

  #unit(context: MessageContext, attempt: number): UnitOfWork {
    return new UnitOfWork(context, this.clock.now().toISOString(), new UnitTransaction(this.write), attempt);
  }

  async #attempt(of: Try): Promise<Attempt> {
    const { unit, work } = of;
    let answer: Answer;
    try {
      await failpoint('cmd.before-tx');
      const result = await unit.enter(work);
      unit.assertOpen('The commit');
      answer = answerOf(unit, result);
    } catch (error) {
      await unit.transaction.rollback();
      unit.close();
      return this.#failed(of, error);
    }
    return this.#commit(of, answer);
  }

  /** The handler threw: a repeat of an answered key gets its answer, a conflict another try, a refusal is stored. */
  async #failed(of: Try, error: unknown): Promise<Attempt> {
    if (!isRefusal(error) && isOthersFault(error)) return { again: error };
    if (!of.mayBeAnswered) throw error;
    const stored = await this.#replay(of.unit.context, of.key);
    if (stored !== undefined) return stored;
    if (of.key.kind === 'kernel' || !isRefusal(error) || !isStorable(error, of.unit.context)) throw error;
    return this.#refuse(of, error);
  }

  /** Stores a refusal under the caller's key and raises it, unless the key was answered otherwise meanwhile. */
  async #refuse(of: Try, error: Refusal): Promise<Attempt> {
    const body = JSON.stringify({ code: error.code, message: error.message, facts: error.facts() });
    const end = await this.#commit({ ...of, unit: this.#unit(of.unit.context, 1) }, { outcome: 'refusal', body });
    if ('body' in end && end.outcome === 'refusal') throw revived(end.body);
    return end;
  }

  async #commit(of: Try, answer: Answer): Promise<Attempt> {
    const { unit, key } = of;
    try {
      await unit.enter(async () => unit.context.beforeCommit?.(answer));
      await failpoint('cmd.before-commit');
      const committed = await this.#write(unit, key, answer);
      await failpoint('cmd.after-commit-before-reply');
      unit.context.outcome.lastEventId = lastOf(committed);
      const work = [...unit.sides.keys()].flatMap((side) => side.work ?? []);
      if (committed.length > 0 || work.length > 0) this.bell.ring(work);
      return answer;
    } catch (error) {
      await unit.transaction.rollback();
      return this.#commitFailed(of, error);
    } finally {
      unit.close();
    }
  }

  async #write(unit: UnitOfWork, key: AnswerKey, answer: Answer): Promise<readonly CommittedStream[]> {
    const plan = planCommit(unit, this.registry, { key, answer });
    for (const contributor of this.contributors) {
      await contributor.contribute(plan.writes, {
        add: (side, row) => unit.addSideRow(side, row),
        historyOf: (stream, version) => this.#historyOf(unit, stream, version),
      });
    }
    if (!unit.transaction.isOpen) return commitWork(this.pools.app, plan.work, unit.sides, unit.checkpoint);
    const committed = await commitWork(await unit.transaction.client(), plan.work, unit.sides, unit.checkpoint);
    await failpoint('cmd.after-append');
    await unit.transaction.commit();
    return committed;
  }

  async #historyOf(unit: UnitOfWork, streamId: string, limit: number): Promise<RecordedEvent[]> {
    const on = unit.transaction.isOpen ? await unit.transaction.client() : this.pools.app;
    const rows = await readStream(on, { tenant: unit.context.tenant, streamId, limit });
    return rows.map((row) => recordedEvent(this.registry, row));
  }

  async #commitFailed(of: Try, error: unknown): Promise<Attempt> {
    const { unit, key } = of;
    const fault = classify(error);
    switch (fault.sqlState) {
      case 'WB001': {
        const stored = await this.#replay(unit.context, key);
        return stored ?? { again: error };
      }
      case 'WB002':
        return { again: error };
      case 'WB003':
        return this.#failed(of, claimRefused(unit, error));
      default:
    }
    if (fault.kind === 'conflict') return { again: error };
    if (fault.kind === 'lock-timeout') {
      if (isWaitForKey(error)) throw new RequestInProgress();
      return { again: error };
    }
    if (fault.kind === 'outcome-unknown') return this.#lookUp(unit.context, key, error);
    throw error;
  }

  /** The answer to COMMIT was lost. It may have happened, and may even still be under way: the key tells. */
  async #lookUp(context: MessageContext, key: AnswerKey, error: unknown): Promise<Attempt> {
    try {
      const stored = await this.#replay(context, key);
      return stored ?? { again: error };
    } catch (lookUpFailed) {
      if (isRefusal(lookUpFailed) || lookUpFailed instanceof IdempotencyKeyReused) throw lookUpFailed;
      throw new OutcomeUnknown({ cause: lookUpFailed });
    }
  }

  /** @returns the stored answer; undefined when there is none. @throws the stored refusal, or IdempotencyKeyReused. */
  async #replay(context: MessageContext, key: AnswerKey): Promise<Answer | undefined> {
    const first = await findAnswer(this.pools.app, key);
    if (first === undefined) return undefined;
    if (first.fingerprint !== key.fingerprint) throw new IdempotencyKeyReused();
    const stored = await this.#executed(context, key, first);
    context.outcome.replayed = key.kind !== 'kernel';
    context.outcome.lastEventId = stored.last_event_id ?? undefined;
    if (stored.outcome === 'refusal') throw revived(stored.body);
    return stored;
  }

  /** Who doesn't ask for an operation gets an accepted command's own answer, once there is one. */
  async #executed(context: MessageContext, key: AnswerKey, first: StoredAnswer): Promise<StoredAnswer> {
    if (first.outcome !== 'accepted' || context.respondAsync !== undefined) return first;
    return (await findAnswer(this.pools.app, keyOfAccepted(key, first.body))) ?? first;
  }
}

function answerOf({ accepted }: UnitOfWork, result: unknown): Answer {
  if (accepted !== undefined) return { outcome: 'accepted', body: JSON.stringify(accepted) };
  return { outcome: 'result', body: JSON.stringify(result ?? null) };
}

function resultIn({ outcome, body }: Answer): unknown {
  if (outcome === 'accepted') throw new CommandAccepted((JSON.parse(body) as Acceptance).id);
  return JSON.parse(body);
}

/** Others were faster, or hold what this one needs. */
function isOthersFault(error: unknown): boolean {
  const { kind } = classify(error);
  return kind === 'conflict' || kind === 'lock-timeout';
}

/** Refusals of the kernel itself (not-found, version-mismatch) depend on the moment and are not stored where somebody may
 *  ask again; those of a context have its name in front. */
function isStorable(refusal: Refusal, { idempotency }: MessageContext): boolean {
  return idempotency?.isFinal === true || refusal.code.includes('.');
}

function revived(body: string): StoredRefusal {
  const { code, message, facts } = JSON.parse(body) as {
    code: string;
    message: string;
    facts: Record<string, unknown>;
  };
  return new StoredRefusal(code, message, facts);
}

function claimRefused(unit: UnitOfWork, error: unknown): unknown {
  const [scope, value] = JSON.parse((error as { detail: string }).detail) as [scope: string, value: string];
  return unit.uniques.find((claim) => claim.scope === scope && claim.value === value)?.refusal() ?? error;
}

/** A lock time-out while waiting for the key's row, told from one on a stream by what the server was doing. */
function isWaitForKey(error: unknown): boolean {
  return String((error as { where?: string }).where).includes('kernel.idempotency');
}

function lastOf(committed: readonly CommittedStream[]): number | undefined {
  return committed.length === 0 ? undefined : Math.max(...committed.map((stream) => stream.last_event_id));
}
