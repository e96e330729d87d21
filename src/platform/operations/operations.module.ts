import { Module, type DynamicModule } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import type { KnownSchema } from '../../kernel/migrations/migrations.js';
import './api/operations.problems.js';
import { AuditController } from './api/audit.controller.js';
import { DeadLettersController } from './api/dead-letters.controller.js';
import { EventsController } from './api/events.controller.js';
import { LogController } from './api/log.controller.js';
import { MetricsController } from './api/metrics.controller.js';
import { ProjectionsController } from './api/projections.controller.js';
import { StatusController } from './api/status.controller.js';
import { SubscriptionsController } from './api/subscriptions.controller.js';
import { ListsModule } from '../http/lists/lists.module.js';
import { HealthController } from './health.controller.js';
import { Lifecycle } from './lifecycle.js';
import { Metrics } from './metrics/metrics.js';
import { KNOWN_MIGRATIONS, Readiness } from './readiness.js';
import { CausationTrees } from './reports/causation-trees.js';
import { EventFinder } from './reports/event-finder.js';
import { LogReports } from './reports/log-reports.js';
import { ProjectionRebuilds } from './reports/projection-rebuilds.js';
import { ProjectionReports } from './reports/projection-reports.js';
import { StreamPrefixes } from './reports/stream-prefixes.js';
import { SubscriptionReports } from './reports/subscription-reports.js';
import { SystemStatus } from './reports/system-status.js';

const CONTROLLERS = [
  HealthController,
  MetricsController,
  StatusController,
  LogController,
  SubscriptionsController,
  ProjectionsController,
  DeadLettersController,
  EventsController,
  AuditController,
];

/** What the operations API and the command line show; both ask these. */
const REPORTS = [
  LogReports,
  SubscriptionReports,
  ProjectionReports,
  ProjectionRebuilds,
  EventFinder,
  StreamPrefixes,
  CausationTrees,
  SystemStatus,
];

/** What those who run Waybill need: health, metrics, the operations API, and what both it and the command line stand on. */
@Module({})
export class OperationsModule {
  static forRoot(migrations: KnownSchema): DynamicModule {
    return {
      module: OperationsModule,
      imports: [DiscoveryModule, ListsModule],
      controllers: CONTROLLERS,
      providers: [Lifecycle, Readiness, { provide: KNOWN_MIGRATIONS, useValue: migrations }, ...REPORTS, Metrics],
      exports: [Lifecycle, Readiness, Metrics],
    };
  }
}
