import { Module, type DynamicModule, type OnApplicationShutdown, Inject } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DataSource, type QueryRunner } from 'typeorm';
import { bindToUnits } from '../commands/bind-typeorm.js';
import { NEW_UNIT_RUNNER, READ_DATA_SOURCE, WRITE_DATA_SOURCE } from '../commands/commands.tokens.js';
import { Pools } from './pools.js';
import { dataSourceOver } from './typeorm.js';

/** The pools and TypeORM, for the whole application. Pools outlive every handler: they end only after the last one. */
@Module({})
export class DatabaseModule implements OnApplicationShutdown {
  constructor(
    private readonly pools: Pools,
    @Inject(READ_DATA_SOURCE) private readonly read: DataSource,
  ) {}

  /** Entities come from each context's `TypeOrmModule.forFeature([…])`. */
  static forRoot(pools: Pools): DynamicModule {
    const typeorm = TypeOrmModule.forRootAsync({
      useFactory: () => ({ type: 'postgres', autoLoadEntities: true, retryAttempts: 0 }),
      dataSourceFactory: (options) => openDataSource(pools, options?.entities as never),
    });
    const providers = [
      { provide: Pools, useValue: pools },
      { provide: WRITE_DATA_SOURCE, useExisting: DataSource },
      {
        provide: READ_DATA_SOURCE,
        useFactory: (write: DataSource) => boundSourcesOf(write).read,
        inject: [DataSource],
      },
      {
        provide: NEW_UNIT_RUNNER,
        useFactory: (write: DataSource) => boundSourcesOf(write).newRunner,
        inject: [DataSource],
      },
    ];
    return {
      module: DatabaseModule,
      global: true,
      imports: [typeorm],
      providers,
      exports: [Pools, WRITE_DATA_SOURCE, READ_DATA_SOURCE, NEW_UNIT_RUNNER],
    };
  }

  async onApplicationShutdown(): Promise<void> {
    await this.read.destroy();
    await this.pools.end();
  }
}

/** What belongs to the data source that Nest injects. */
interface BoundSources {
  readonly read: DataSource;
  readonly newRunner: () => QueryRunner;
}

const boundSources = new WeakMap<DataSource, BoundSources>();

/** The write side, with everything that queries by it bound to units of work; its read side beside it. */
async function openDataSource(pools: Pools, entities: never): Promise<DataSource> {
  const write = await dataSourceOver(pools.app, entities).initialize();
  const read = await dataSourceOver(pools.query, entities).initialize();
  boundSources.set(write, { read, newRunner: bindToUnits(write, read) });
  return write;
}

function boundSourcesOf(write: DataSource): BoundSources {
  return boundSources.get(write)!;
}
