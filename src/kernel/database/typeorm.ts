import pg, { type Pool } from 'pg';
import { DataSource, DefaultNamingStrategy, type EntitySchema, type MixedList } from 'typeorm';

export type Entities = MixedList<string | EntitySchema | (new (...args: never[]) => object)>;

/** Properties in camelCase, columns in snake_case, without naming each one. */
class SnakeCaseNames extends DefaultNamingStrategy {
  override columnName(property: string, custom: string | undefined, prefixes: string[]): string {
    return snakeCase([...prefixes, custom ?? property].join('_'));
  }
}

/**
 * TypeORM over a pool that exists already: no second set of connections, and the pool's own time-outs and type parsers,
 * none of which TypeORM sets by itself. Destroying the data source leaves the pool alone.
 */
export function dataSourceOver(pool: Pool, entities: Entities): DataSource {
  return new DataSource({
    type: 'postgres',
    driver: { ...pg, Pool: facadeOf(pool) },
    entities: entities as never,
    namingStrategy: new SnakeCaseNames(),
    synchronize: false,
    logging: false,
    installExtensions: false,
  });
}

/** `occurredAt` is occurred_at, `orderID` is order_id, `URLPath` is url_path. */
function snakeCase(name: string): string {
  return name
    .replaceAll(/([A-Z])([A-Z])([a-z])/g, '$1_$2$3')
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase();
}

/** What TypeORM's driver calls on the pool class it is given. */
function facadeOf(pool: Pool): new () => object {
  return class SharedPool {
    readonly connect = pool.connect.bind(pool);
    on(): this {
      return this;
    }
    end(done: () => void): void {
      done();
    }
  };
}
