import { Injectable } from '@nestjs/common';
import { KeyedTransactions, type StoreResult } from '../../../kernel/idempotency/keyed-transactions.js';
import { Pools } from '../../../kernel/database/pools.js';
import { ProjectionRebuild, ProjectionUnknown } from '../../../kernel/projections/projection-rebuild.js';
import { ProjectionRegistry } from '../../../kernel/projections/projection-registry.js';
import type { OperatorAct } from '../../../kernel/audit/operator-act.js';
import { audit } from '../../../kernel/audit/sql/audit.js';
import type { RebuildReport } from './projection-report.dto.js';
import { headOf } from './sql/find-events.js';

/**
 * Rebuilds that operators ask for: noted in the audit before they begin, so that none is missing there. A repeat of a request
 * is recognised by its idempotency key, which is stored with the rebuild's own commit: of an async view, with its emptying.
 */
@Injectable()
export class ProjectionRebuilds {
  constructor(
    private readonly pools: Pools,
    private readonly projections: ProjectionRegistry,
    private readonly rebuilds: ProjectionRebuild,
    private readonly keyed: KeyedTransactions,
  ) {}

  /** @throws ProjectionUnknown, RebuildUnderWay */
  begin(name: string, act: OperatorAct): Promise<RebuildReport> {
    return this.keyed.run('ProjectionRebuild', (store) => this.#begin(name, act, store));
  }

  async #begin(name: string, act: OperatorAct, store: StoreResult<RebuildReport>): Promise<RebuildReport> {
    const projection = this.projections.named(name);
    if (projection === undefined)
      throw new ProjectionUnknown(
        name,
        this.projections.all().map((known) => known.name),
      );
    const { mode, version } = projection;
    await audit(this.pools.worker, act, {
      action: 'projections.rebuild',
      subject: name,
      detail: { mode, version },
    });
    let report!: RebuildReport;
    await this.rebuilds.rebuild(name, async (tx, rows) => {
      const state = mode === 'inline' ? 'rebuilt' : 'catching-up';
      report = { name, mode, state, rows, target: await headOf(tx) };
      await store(tx, report);
    });
    return report;
  }
}
