import { isDeepStrictEqual } from 'node:util';
import { Injectable } from '@nestjs/common';
import type { CommitWrite } from '../commands/commit-statement.js';
import { UnitOfWork } from '../commands/unit-of-work.js';
import { EffectKeyReused } from './effect-errors.js';
import { EffectRegistry } from './effect-registry.js';

/** Something to be done outside the database. */
export interface EffectIntent {
  /** The kind of the `@EffectHandler` that executes it. */
  readonly kind: string;
  /** Stands for this intent for ever, within tenant and kind. Derive it from what causes the effect: an event's id. */
  readonly key: string;
  /** What the handler needs to know: JSON, and no personal data, because rows stay. Let the handler read such data. */
  readonly body: object;
}

interface IntentRow extends EffectIntent {
  readonly tenant: string;
  readonly context: object;
}

/** The same intent again changes nothing; another one under its key fails the commit (kernel.is_other_effect). */
const INTENTS: CommitWrite = {
  id: 'kernel.effects',
  work: 'effects',
  sql: (param) => `INSERT INTO kernel.effects AS e (tenant, kind, key, body, body_hash, context)
    SELECT r.tenant, r.kind, r.key, r.body, encode(sha256(convert_to(r.body::text, 'UTF8')), 'hex'), r.context
      FROM jsonb_to_recordset(${param}) AS r (tenant text, kind text, key text, body jsonb, context jsonb)
     ORDER BY r.tenant, r.kind, r.key
    ON CONFLICT ON CONSTRAINT ux_effects_key DO UPDATE SET body = e.body
     WHERE kernel.is_other_effect(e.kind || ' ' || e.key, e.body_hash, excluded.body_hash)`,
};

/**
 * Requests outbound calls. A command or event handler never calls another system: it would happen also when the commit
 * fails, twice when it is run again, and hold locks meanwhile. It commits an intent, which a worker executes after
 * the commit, at least once, always under the same key.
 */
@Injectable()
export class Effects {
  constructor(private readonly registry: EffectRegistry) {}

  /**
   * Intends an effect with the command's commit. The same intent again is none; so a repeated command does no harm.
   *
   * @throws Error outside a command, for an unknown kind; EffectKeyReused. The commit fails with WB005 when the key
   * was used earlier with another body.
   */
  enqueue({ kind, key, body }: EffectIntent): void {
    const unit = UnitOfWork.required(`Enqueuing ${kind}`);
    this.registry.assertKnown(kind);
    const { tenant, correlationId, causationId, traceparent, imported, causationDepth } = unit.context;
    const same = (unit.commitWrites.get(INTENTS) as IntentRow[] | undefined)?.find(
      (row) => row.kind === kind && row.key === key,
    );
    if (same === undefined) {
      // What its handler executes is one reaction further from the client, so that a loop through effects ends, too.
      const context = { correlationId, causationId, traceparent, imported, causationDepth: causationDepth + 1 };
      unit.addCommitRow(INTENTS, { tenant, kind, key, body, context });
    } else if (!isDeepStrictEqual(same.body, body)) {
      throw new EffectKeyReused(kind, key);
    }
  }
}
