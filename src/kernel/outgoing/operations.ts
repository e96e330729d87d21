import { Injectable } from '@nestjs/common';
import { inUnitOrTransaction, type OperatorAct } from '../audit/operator-act.js';
import { audit } from '../audit/sql/audit.js';
import { refusalIn } from '../idempotency/stored-refusals.js';
import { Pools } from '../database/pools.js';
import type { Actor, Refusal } from '../domain/index.js';
import type { EventRef } from '../event-log/sql/position-of-event.js';
import type { Queryable } from '../event-log/sql/queryable.js';
import { CommitSignal } from '../event-log/commit-signal.js';
import { OperationWaits } from './operation-waits.js';
import {
  cancelOperation,
  openOperations,
  readOperation,
  retryOperation,
  type OperationRow,
  type OperationReader,
} from './sql/operations.js';

export const OPERATION_STATUSES = ['queued', 'running', 'succeeded', 'failed', 'cancelled'] as const;
export type OperationStatus = (typeof OPERATION_STATUSES)[number];

/** Where a single command stands; `dead-lettered`: it failed again and again, and waits for an operator. */
export type OperationStep = 'waiting' | 'executing' | 'retrying' | 'dead-lettered' | 'done';

/** What became of a command that a client had executed later. */
export interface Operation {
  readonly id: string;
  /** The command's permanent name. */
  readonly type: string;
  readonly status: OperationStatus;
  readonly step: OperationStep;
  /** What it has made; null until it has. */
  readonly resource: { readonly type: string; readonly id: string; readonly href: string } | null;
  /** Why it failed: the refusal of the command. */
  readonly refusal: Refusal | null;
  /** Tries that failed, and why the last one did: for operators. */
  readonly attempts: number;
  readonly fault: string | null;
  /** Who started it. */
  readonly principal: string;
  /** In which capacity they have. */
  readonly actorType: Actor['type'];
  readonly tenant: string;
  /** RFC 3339, as the other times. */
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly finishedAt: string | null;
  /** Its last event. */
  readonly lastEvent: EventRef | null;
}

/** Commands that clients requested for later: read by authorized callers, waited for, and repaired by operators. */
@Injectable()
export class Operations {
  constructor(
    private readonly pools: Pools,
    private readonly signal: CommitSignal,
    private readonly waits: OperationWaits,
  ) {}

  /** @param reader whose operations are found; left out: those of all */
  async find(id: string, reader?: OperationReader): Promise<Operation | undefined> {
    const row = await readOperation(this.pools.app, id, reader);
    return row && operationOf(row);
  }

  /** Waits until it has ended, at most so long, or until `gone`. @returns it as it stands then. */
  async ended(operation: Operation, waitMs: number, gone: AbortSignal): Promise<Operation> {
    await this.waits.until(operation.id, waitMs, gone);
    return (await this.find(operation.id)) ?? operation;
  }

  /** Those that haven't ended, oldest first. */
  async open(limit: number): Promise<Operation[]> {
    return (await openOperations(this.pools.app, limit)).map(operationOf);
  }

  /** Has a dead-lettered one tried again. @returns whether there was one. */
  async retry(id: string, act: OperatorAct): Promise<boolean> {
    const isDue = await this.#audited('operations.retry', retryOperation, { id, act });
    if (isDue) this.signal.emit(['commands']);
    return isDue;
  }

  /** Cancels one that isn't being executed right now. @returns whether there was one. */
  cancel(id: string, act: OperatorAct): Promise<boolean> {
    return this.#audited('operations.cancel', cancelOperation, { id, act });
  }

  #audited(
    action: string,
    change: (tx: Queryable, id: string) => Promise<boolean>,
    { id, act }: { readonly id: string; readonly act: OperatorAct },
  ): Promise<boolean> {
    return inUnitOrTransaction(this.pools, async (tx) => {
      const hasChanged = await change(tx, id);
      if (hasChanged) await audit(tx, act, { action, subject: id, detail: {} });
      return hasChanged;
    });
  }
}

export function hasEnded({ status }: Pick<Operation, 'status'>): boolean {
  return status === 'succeeded' || status === 'failed' || status === 'cancelled';
}

function operationOf(row: OperationRow): Operation {
  const { id, name: type, attempts, error: fault, principal, actorType, tenant } = row;
  const { createdAt, updatedAt, finishedAt, lastEvent } = row;
  const [status, step] = factsOf(row);
  const about = { id, type, status, step, resource: resourceOf(row), refusal: refusalOf(row), attempts, fault };
  return { ...about, principal, actorType, tenant, createdAt, updatedAt, finishedAt, lastEvent };
}

/** The stored result, where there is one, decides, whatever state the row of the command has meanwhile. */
function factsOf({ outcome, state, isClaimed, attempts }: OperationRow): [OperationStatus, OperationStep] {
  if (outcome === 'result' || state === 'succeeded') return ['succeeded', 'done'];
  if (outcome === 'refusal' || state === 'refused') return ['failed', 'done'];
  if (state === 'cancelled') return ['cancelled', 'done'];
  if (state === 'dead-lettered') return ['queued', 'dead-lettered'];
  if (isClaimed) return ['running', 'executing'];
  return ['queued', attempts === 0 ? 'waiting' : 'retrying'];
}

function resourceOf({ outcome, body, resource: { type, href } }: OperationRow): Operation['resource'] {
  if (outcome !== 'result') return null;
  const result = JSON.parse(body!) as Record<string, unknown> | null;
  const field = /:(\w+)$/.exec(href)?.[1];
  if (result === null || field === undefined) return null;
  const filled = href.replaceAll(/:(\w+)/g, (_, name: string) => encodeURIComponent(String(result[name])));
  return { type, id: String(result[field]), href: filled };
}

function refusalOf({ outcome, body }: OperationRow): Refusal | null {
  return outcome === 'refusal' ? refusalIn(body!) : null;
}
