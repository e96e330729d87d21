import { Injectable } from '@nestjs/common';
import { Pools } from '../../database/pools.js';
import { ProjectionRebuild, ProjectionUnknown } from '../../projections/projection-rebuild.js';
import { ProjectionRegistry } from '../../projections/projection-registry.js';
import type { OperatorAct } from '../../subscriptions/dead-letters.js';
import { audit } from '../../subscriptions/sql/audit.js';
import type { RebuildReport } from './projection-report.dto.js';
import { headOf } from './sql/find-events.js';

/** Rebuilds that operators ask for: noted in the audit before they begin, so that none is missing there. */
@Injectable()
export class ProjectionRebuilds {
  constructor(
    private readonly pools: Pools,
    private readonly projections: ProjectionRegistry,
    private readonly rebuilds: ProjectionRebuild,
  ) {}

  /** @throws ProjectionUnknown, RebuildUnderWay */
  async begin(name: string, act: OperatorAct): Promise<RebuildReport> {
    const projection = this.projections.named(name);
    if (projection === undefined)
      throw new ProjectionUnknown(
        name,
        this.projections.all().map((known) => known.name),
      );
    const { mode, version } = projection;
    await audit(this.pools.worker, {
      principal: act.by.id,
      action: 'projections.rebuild',
      subject: name,
      reason: act.reason,
      detail: { mode, version },
    });
    const rows = await this.rebuilds.rebuild(name);
    const target = await headOf(this.pools.worker);
    return { name, mode, state: mode === 'inline' ? 'rebuilt' : 'catching-up', rows, target };
  }
}
