import { Module, type DynamicModule } from '@nestjs/common';
import type { Migration } from '../database/migrations.js';
import { HealthController } from './health.controller.js';
import { Lifecycle } from './lifecycle.js';
import { KNOWN_MIGRATIONS, Readiness } from './readiness.js';

/** What those who run Waybill need: health now; metrics and the operations API belong here too. */
@Module({})
export class OperationsModule {
  static forRoot(steps: readonly Migration[]): DynamicModule {
    return {
      module: OperationsModule,
      controllers: [HealthController],
      providers: [Lifecycle, Readiness, { provide: KNOWN_MIGRATIONS, useValue: steps }],
      exports: [Lifecycle, Readiness],
    };
  }
}
