import { Injectable } from '@nestjs/common';
import { inUnitOrTransaction, type OperatorAct } from '../audit/operator-act.js';
import { audit } from '../audit/sql/audit.js';
import { Pools } from '../database/pools.js';
import { CommitSignal } from '../event-log/commit-signal.js';
import { findEffects, retryDeadLetters, type EffectFilter, type EffectRecord } from './sql/find-effects.js';

/** What operators see of effects, and can do about those that were given up. */
@Injectable()
export class StoredEffects {
  constructor(
    private readonly pools: Pools,
    private readonly signal: CommitSignal,
  ) {}

  /** At most `limit` effects, newest first; of any state unless the filter names one. */
  find(filter: EffectFilter, limit = 100): Promise<EffectRecord[]> {
    return findEffects(this.pools.app, filter, limit);
  }

  /**
   * Lets dead-lettered effects that match be tried again, under their old keys; written to the audit, with the caller's unit of
   * work if there is one. @returns how many.
   */
  async retry(filter: Omit<EffectFilter, 'state'>, act: OperatorAct): Promise<number> {
    const ids = await inUnitOrTransaction(this.pools, async (tx) => {
      const due = await retryDeadLetters(tx, filter);
      const entry = { action: 'effects.retry', subject: filter.kind ?? '*', detail: { ids: due } };
      if (due.length > 0) await audit(tx, act, entry);
      return due;
    });
    if (ids.length > 0) this.signal.emit(['effects']);
    return ids.length;
  }
}
