import { Injectable } from '@nestjs/common';
import { ProjectionRegistry } from '../../../kernel/projections/projection-registry.js';
import type { ProjectionDefinition } from '../../../kernel/projections/projection-definition.js';
import type { ProjectionReport } from './projection-report.dto.js';
import { SubscriptionReports } from './subscription-reports.js';
import type { SubscriptionReport } from './subscription-report.dto.js';

/** Every projection of this code, by name: how its view is. */
@Injectable()
export class ProjectionReports {
  constructor(
    private readonly projections: ProjectionRegistry,
    private readonly subscriptions: SubscriptionReports,
  ) {}

  async all(): Promise<ProjectionReport[]> {
    const subscriptions = new Map((await this.subscriptions.all()).map((report) => [report.name, report]));
    return this.projections.all().flatMap((projection) => {
      const subscription = subscriptions.get(projection.name);
      return subscription === undefined ? [] : [reportOf(projection, subscription)];
    });
  }
}

function reportOf({ name, mode, version }: ProjectionDefinition, of: SubscriptionReport): ProjectionReport {
  const { paused, position, head, behind, lagSeconds, failedEvents: failed, lastError } = of;
  return {
    name,
    context: name.split('.', 1)[0]!,
    mode,
    version,
    storedVersion: of.version,
    status: of.version === version ? of.status : 'outdated',
    paused,
    position,
    head,
    behind,
    lagSeconds,
    failedEvents: failed,
    lastError,
  };
}
