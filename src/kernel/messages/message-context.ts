import { AsyncLocalStorage } from 'node:async_hooks';
import type { Actor, EventMeta } from '../domain/index.js';
import type { EventRef } from '../event-log/sql/position-of-event.js';
import { newId } from './ids.js';

export interface Principal {
  readonly id: string;
  readonly roles: readonly string[];
}

/** A client's request to have one effect for one key, however often it is sent. */
export interface IdempotencyRequest {
  readonly key: string;
  /** Route template or command name: the same key on another operation is another key. */
  readonly operation: string;
  /** Digest of what was asked: the same key with another payload is refused. */
  readonly fingerprint: string;
  /** `system`: a stored command's id, kept like its command. Default `client`, forgotten after the retention. */
  readonly kind?: 'client' | 'system';
  /** No client repeats the command: every refusal is the answer, also one that depends on the moment (`not-found`). */
  readonly isFinal?: boolean;
}

/** What a command makes, and where it can be found: a path with fields of the result in it (`/v1/orders/:id`). */
export interface ResourceTemplate {
  readonly type: string;
  readonly href: string;
}

/** The caller would rather be answered once the command is stored than once it is executed (`Prefer: respond-async`). */
export interface RequestedOperation {
  /** Route that it came by. */
  readonly operation: string;
  readonly resource: ResourceTemplate;
}

/** What a read may wait for. */
export interface ConsistencyRequest {
  /** As the client sent it; `head` for everything committed before the request; undefined: served at once. */
  readonly token?: string | undefined;
  readonly waitMs: number;
  /** Refuse a stale answer (412) instead of reporting that it is stale. */
  readonly strict: boolean;
}

/** Events of a view that have not taken effect, by why: tried again, behind another of their key, or for an operator. At
 *  most 1,000 of them are counted. */
export interface FailedEventCounts {
  readonly retrying: number;
  readonly waiting: number;
  readonly deadLettered: number;
}

/** What the kernel reports to the caller besides the result. Filled while the message is handled. */
export interface MessageOutcome {
  /** The last event of the last command, if it had one. */
  lastEvent?: EventRef | undefined;
  /** The result was stored by an earlier call with the same key. */
  replayed: boolean;
  /** Token of the state that a read has seen. */
  readToken?: string | undefined;
  /** Positions that a view was behind what the reader asked for. */
  behind?: number | undefined;
  /** A view that was read is being rebuilt, and lacks `behind` positions. */
  rebuilding?: boolean | undefined;
  /** Events of what was read that haven't taken effect there, by why. */
  failed?: FailedEventCounts | undefined;
  /** The reader's token is of a log that was restored or failed over. */
  unknownEpoch?: boolean | undefined;
}

/** Whose database connections a unit of work uses: `app` for clients, `worker` for what runs because of the log. */
export type UnitPool = 'app' | 'worker';

export interface MessageContextFields {
  tenant?: string;
  principal?: Principal;
  actor?: Actor;
  correlationId?: string;
  causationId?: string | null;
  traceparent?: string | undefined;
  imported?: boolean;
  causationDepth?: number;
  idempotency?: IdempotencyRequest | undefined;
  consistency?: ConsistencyRequest | undefined;
  event?: EventMeta | undefined;
  respondAsync?: RequestedOperation | undefined;
  pool?: UnitPool | undefined;
  beforeCommit?: ((answer: { outcome: 'result' | 'refusal' | 'accepted'; body: string }) => void) | undefined;
}

export const DEFAULT_TENANT = 'default';
const SYSTEM: Actor = { type: 'system', id: 'waybill' };
const storage = new AsyncLocalStorage<MessageContext>();

/** Who asks, on whose behalf, under which key and correlation: everything about a message that isn't its content. */
export class MessageContext {
  readonly tenant: string;
  readonly principal: Principal;
  readonly actor: Actor;
  readonly correlationId: string;
  readonly causationId: string | null;
  readonly traceparent: string | undefined;
  readonly imported: boolean;
  readonly causationDepth: number;
  readonly idempotency: IdempotencyRequest | undefined;
  readonly consistency: ConsistencyRequest | undefined;
  /** The event being reacted to, in an event handler: what the log knows of it. */
  readonly event: EventMeta | undefined;
  /** The outermost command may be stored and executed later, where it has a permanent name. */
  readonly respondAsync: RequestedOperation | undefined;
  /** So that event handlers, stored commands and effects that catch up don't starve the commands of clients. */
  readonly pool: UnitPool;
  /** Called within the unit of work with the answer, right before the commit that stores it. */
  readonly beforeCommit: MessageContextFields['beforeCommit'];
  readonly outcome: MessageOutcome = { replayed: false };
  #keyUsedBy: string | undefined;

  constructor(fields: MessageContextFields = {}) {
    this.tenant = fields.tenant ?? DEFAULT_TENANT;
    this.actor = fields.actor ?? SYSTEM;
    this.principal = fields.principal ?? { id: this.actor.id, roles: [] };
    this.correlationId = fields.correlationId ?? newId();
    this.causationId = fields.causationId ?? null;
    this.traceparent = fields.traceparent;
    this.imported = fields.imported ?? false;
    this.causationDepth = fields.causationDepth ?? 0;
    this.idempotency = fields.idempotency;
    this.consistency = fields.consistency;
    this.event = fields.event;
    this.respondAsync = fields.respondAsync;
    this.pool = fields.pool ?? 'app';
    this.beforeCommit = fields.beforeCommit;
  }

  /**
   * Claims the context's idempotency key for this outermost command (or unit of work of a route). The answer
   * to a key is one row, so a second command would find the first one's answer instead of being executed.
   *
   * @throws Error when another command has used the key; does nothing without a key.
   */
  useKey(command: string): void {
    if (this.idempotency === undefined) return;
    if (this.#keyUsedBy !== undefined) {
      throw new Error(
        `${command} can't use the idempotency key of this message: it answers for ${this.#keyUsedBy}, which was executed before. ` +
          'Execute one command per message; or execute the second one inside the handler of the first, where it joins ' +
          'its unit of work; or execute it by messageContext.withoutKey(), if its effect may happen again when the message is repeated.',
      );
    }
    this.#keyUsedBy = command;
  }
}

/** The context of the message being handled. */
export const messageContext = {
  run<T>(context: MessageContext, work: () => T): T {
    return storage.run(context, work);
  },

  /** The current context, or the system's own when no caller set one (start-up, jobs). */
  current(): MessageContext {
    return storage.getStore() ?? new MessageContext();
  },

  /** Who asked for what is being done, within its tenant; undefined for work of the system's own. */
  caller(): string | undefined {
    const context = storage.getStore();
    if (context === undefined || context.actor.type === 'system') return undefined;
    return `${context.tenant}/${context.principal.id}`;
  },

  /** Runs work that several callers share as the system's own: as one caller's it would wait for that caller's turn. */
  asSystem<T>(work: () => T): T {
    return storage.run(new MessageContext(), work);
  },

  /** Runs work under the same caller, at once and without the caller's idempotency key: for a step before the keyed command. */
  withoutKey<T>(work: () => T): T {
    return storage.run(
      new MessageContext(
        Object.assign({}, messageContext.current(), { idempotency: undefined, respondAsync: undefined }),
      ),
      work,
    );
  },
};
