import { Injectable } from '@nestjs/common';
import { Pools } from '../../../kernel/database/pools.js';
import { ProjectionRegistry } from '../../../kernel/projections/projection-registry.js';
import { SubscriptionCatalog } from '../../../kernel/subscriptions/subscription-catalog.js';
import { readLags } from './sql/lags.js';
import { readPartitionRows, type PartitionRow } from './sql/partition-rows.js';
import { readSubscriptionRows, type SubscriptionRow } from './sql/subscription-rows.js';
import type { PartitionReport, SubscriptionReport } from './subscription-report.dto.js';

/** Every subscription of the database, by name: how far it is, who runs it, its failed events. */
@Injectable()
export class SubscriptionReports {
  constructor(
    private readonly pools: Pools,
    private readonly catalog: SubscriptionCatalog,
    private readonly projections: ProjectionRegistry,
  ) {}

  async all(): Promise<SubscriptionReport[]> {
    const partitions = await readPartitionRows(this.pools.app);
    // Read after the checkpoints, so that the head is never below them.
    const rows = await readSubscriptionRows(this.pools.app);
    const reports = rows.map((row) =>
      this.#report(
        row,
        partitions.filter(({ subscription }) => subscription === row.name),
      ),
    );
    const lags = await this.#lags(reports);
    for (const report of reports) report.lagSeconds = lags.get(report.name) ?? 0;
    return reports;
  }

  #report(row: SubscriptionRow, rows: readonly PartitionRow[]): SubscriptionReport {
    const { retrying, waiting, deadLettered, pausedAt, pausedBy, pauseReason, ...rest } = row;
    const partitions = rows.map((each) => partitionReport(each, row.head));
    const position = partitions.length === 0 ? row.head : Math.min(...partitions.map((each) => each.position));
    return {
      ...rest,
      paused: pausedAt === null ? null : { at: pausedAt, by: pausedBy!, reason: pauseReason! },
      position,
      behind: row.head - position,
      lagSeconds: 0,
      isDeclared: (this.#declared(row.name) ?? this.projections.named(row.name)) !== undefined,
      failedEvents: { retrying, waiting, deadLettered },
      partitions,
    };
  }

  /** An inline view is written with the command's own commit: it is never behind. */
  #lags(reports: readonly SubscriptionReport[]): Promise<Map<string, number>> {
    const readers = reports
      .filter(({ kind }) => kind !== 'inline')
      .map(({ name, position }) => ({ name, position, eventNames: this.#declared(name)?.eventNames }));
    return readLags(this.pools.app, readers);
  }

  #declared(name: string): { readonly eventNames: readonly string[] } | undefined {
    return this.catalog.declared().find((subscriber) => subscriber.name === name);
  }
}

function partitionReport(row: PartitionRow, head: number): PartitionReport {
  const { partition, position, movedAt, fence, owner, leaseExpiresAt } = row;
  return { partition, position, behind: head - position, movedAt, fence, owner, leaseExpiresAt };
}
