import { Module, type DynamicModule, type Type } from '@nestjs/common';
import { ConfigurationModule, type Configuration } from '#config';
import { DurableCqrsModule, type KernelOptions } from '#kernel';
import { ListsModule, registeredProblem } from '#platform/http';
import { CatalogModule } from './contexts/catalog/catalog.module.js';
import { CustomersModule } from './contexts/customers/customers.module.js';
import { InsightsModule } from './contexts/insights/insights.module.js';
import { NotificationsModule } from './contexts/notifications/notifications.module.js';
import { OrderingModule } from './contexts/ordering/ordering.module.js';
import type { OpenDatabase } from './platform/database/open-database.js';
import { OperationsModule } from './platform/operations/operations.module.js';

/** The table of contents: every context of this application. */
const CONTEXTS = [CatalogModule, CustomersModule, InsightsModule, NotificationsModule, OrderingModule];

/** What an application is made of, besides its contexts. */
export interface AppParts {
  readonly configuration: Configuration;
  readonly database: OpenDatabase;
  readonly kernel: Partial<KernelOptions>;
  /** Contexts besides the application's own. */
  readonly modules?: readonly Type[];
}

@Module({})
export class AppModule {
  static forRoot({ configuration, database, kernel, modules = [] }: AppParts): DynamicModule {
    return {
      module: AppModule,
      imports: [
        ConfigurationModule.of(configuration),
        DurableCqrsModule.forRoot({ pools: database.pools, problemOfRefusal: registeredProblem, ...kernel }),
        ListsModule,
        OperationsModule.forRoot(database.migrations),
        ...CONTEXTS,
        ...modules,
      ],
    };
  }
}
