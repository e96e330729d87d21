import { Inject, Injectable } from '@nestjs/common';
import type { PoolClient } from 'pg';
import { CONFIGURATION, type Configuration } from '#config';
import { outdatedView } from '../../kernel/commands/required-views.js';
import { unsafeSettings } from '../database/durability.js';
import { functionMismatch } from '../../kernel/migrations/functions.js';
import type { KnownSchema } from '../../kernel/migrations/migrations.js';
import { schemaMismatch } from '../../kernel/migrations/migrator.js';
import { Pools } from '../../kernel/database/pools.js';
import { ProjectionRegistry } from '../../kernel/projections/projection-registry.js';
import { Lifecycle } from './lifecycle.js';

/** Injection token of the migrations that this code knows. */
export const KNOWN_MIGRATIONS = Symbol('KNOWN_MIGRATIONS');

/** Why this process should get no requests now. `code` is one of the registered problems. */
export interface NotReady {
  readonly code: 'starting' | 'draining' | 'database-unavailable' | 'view-outdated';
  readonly reason: string;
}

/** Probes come every few seconds, from several systems, and from any client: they share an answer this long. */
const REMEMBER_MS = 500;
const ANSWER_WITHIN_MS = 1_000;
/** So many waiting per connection means that a new request would time out before its turn. */
const WAITING_PER_CONNECTION = 2;

/**
 * Whether this process can answer requests: started, not draining, and its database answers within a second, is
 * migrated as this code needs it, keeps what it acknowledges, and has its inline views kept by this release. How far views are behind doesn't count: that would take
 * every replica out at once, when reading a little late is the smaller evil.
 */
@Injectable()
export class Readiness {
  #remembered: { readonly at: number; readonly answer: Promise<NotReady | undefined> } | undefined;

  constructor(
    private readonly lifecycle: Lifecycle,
    private readonly pools: Pools,
    @Inject(KNOWN_MIGRATIONS) private readonly known: KnownSchema,
    @Inject(CONFIGURATION) private readonly configuration: Configuration,
    private readonly projections: ProjectionRegistry,
  ) {}

  /** Undefined if ready. Never throws; answers within about a second. */
  async check(): Promise<NotReady | undefined> {
    const { phase } = this.lifecycle;
    if (phase === 'starting') return { code: 'starting', reason: 'The process is starting.' };
    if (phase === 'draining') return { code: 'draining', reason: 'The process is shutting down.' };
    const now = performance.now();
    if (this.#remembered === undefined || now - this.#remembered.at > REMEMBER_MS) {
      this.#remembered = { at: now, answer: this.#askDatabase() };
    }
    return this.#remembered.answer;
  }

  async #askDatabase(): Promise<NotReady | undefined> {
    return this.#isCrowded() ? unavailable('Requests are waiting too long for a database connection.') : this.#inTime();
  }

  #isCrowded(): boolean {
    const limit = this.configuration.database.poolSize * WAITING_PER_CONNECTION;
    return this.pools.app.waitingForOthers > limit || this.pools.query.waitingForOthers > limit;
  }

  async #inTime(): Promise<NotReady | undefined> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<NotReady>((resolve) => {
      const answer = unavailable('The database does not answer within a second.');
      timer = setTimeout(() => resolve(answer), ANSWER_WITHIN_MS);
    });
    try {
      return await Promise.race([this.#problem(), late]);
    } catch {
      return unavailable('The database is unreachable.');
    } finally {
      clearTimeout(timer);
    }
  }

  async #problem(): Promise<NotReady | undefined> {
    const client = await this.pools.health.connect();
    try {
      const { steps, functions } = this.known;
      const reason =
        (await schemaMismatch(client, steps)) ??
        (await functionMismatch(client, functions)) ??
        (await this.#unsafe(client));
      const outdated = reason === undefined ? await this.#outdated(client) : undefined;
      client.release();
      return reason === undefined ? outdated : unavailable(reason);
    } catch (error) {
      client.release(true);
      throw error;
    }
  }

  /** Commands that write such a view are refused here: another process must answer them. */
  async #outdated(client: PoolClient): Promise<NotReady | undefined> {
    const inline = this.projections.all().filter(({ mode }) => mode === 'inline');
    const reason = await outdatedView(client, inline);
    return reason === undefined ? undefined : { code: 'view-outdated', reason };
  }

  /** On your own machine speed may matter more; the start reports it once. */
  async #unsafe(client: PoolClient): Promise<string | undefined> {
    if (this.configuration.runtime.environment !== 'production') return undefined;
    const unsafe = await unsafeSettings(client, this.pools.writers);
    return unsafe.length === 0 ? undefined : 'The database server may lose acknowledged commands in a crash.';
  }
}

function unavailable(reason: string): NotReady {
  return { code: 'database-unavailable', reason };
}
