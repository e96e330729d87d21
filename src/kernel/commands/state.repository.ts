import { Injectable } from '@nestjs/common';
import type { EntityManager, EntityTarget, ObjectLiteral } from 'typeorm';
import { ofOwnConnection } from '../database/errors.js';
import { classify } from '../database/errors.js';
import { NotFound, VersionMismatch, type Aggregate } from '../domain/index.js';
import type { LoadOptions } from './event-sourced.repository.js';
import { UnitOfWork } from './unit-of-work.js';

/** What every table of a state-stored aggregate has. `version` is a plain column, never TypeORM's @VersionColumn:
 *  measured on 1.1.1, two saves from version 1 both succeed there, and the second moves the version back. */
export interface VersionedRow extends ObjectLiteral {
  id: string;
  version: number;
}

/** Others saved the same row since it was loaded. The command is run again. */
class StaleState extends Error {
  /** Read as a version conflict by the classifier of database errors. */
  readonly code = 'WB002';
}

/**
 * Keeps aggregates as rows and publishes their events to the same log: the log doesn't show how an aggregate is stored.
 * A row is written by `UPDATE … WHERE id AND version = $loaded`; its new version is the version of its last event.
 *
 * Where the entity has a column `tenant`, a command sees and writes the rows of its own tenant alone; the primary key is then
 * (tenant, id). Without the column ids must be unique over all tenants, such as UUIDs.
 */
@Injectable()
export abstract class StateRepository<A extends Aggregate, Row extends VersionedRow> {
  /** `<context>.<aggregate>`: its events go to the stream `<context>.<aggregate>:<id>`. Permanent. */
  protected abstract readonly streamPrefix: string;
  protected abstract readonly entity: EntityTarget<Row>;

  protected abstract toRow(aggregate: A): Omit<Row, 'version' | 'tenant'>;
  protected abstract fromRow(row: Row): A;

  /** @throws NotFound; VersionMismatch when `ifVersion` isn't the current one. */
  async load(id: string, options: LoadOptions = {}): Promise<A> {
    const found = await this.find(id);
    if (found === undefined) throw new NotFound(`There is no ${this.streamPrefix} ${id}.`);
    if (options.ifVersion !== undefined && options.ifVersion !== found.storedVersion)
      throw new VersionMismatch(found.storedVersion);
    return found;
  }

  async find(id: string): Promise<A | undefined> {
    const unit = UnitOfWork.required(`Loading ${this.streamPrefix}`);
    const known = unit.remembered(this.#stream(id));
    if (known !== undefined) return known as A;
    const manager = unit.transaction.manager();
    const row = await manager.findOne(this.entity, {
      where: { id, ...this.#tenant(manager) } as never,
      ...(unit.locksStreams ? { lock: { mode: 'pessimistic_write' } } : {}),
    });
    if (row === null) return undefined;
    const aggregate = this.fromRow(row);
    aggregate.restoredAt(row.version);
    unit.remember(this.#stream(id), aggregate);
    return aggregate;
  }

  /** Writes the row and adds the events to the commit. @throws Error when the aggregate recorded nothing. */
  async save(aggregate: A): Promise<number> {
    const unit = UnitOfWork.required(`Saving ${this.streamPrefix}`);
    if (aggregate.recorded.length === 0) {
      throw new Error(
        `${this.streamPrefix} ${aggregate.id} was saved without an event, so that no subscription would process the change. Record one.`,
      );
    }
    const stream = this.#stream(aggregate.id);
    await this.#write(unit.transaction.manager(), aggregate);
    unit.append(stream, aggregate.recorded, aggregate.storedVersion);
    unit.remember(stream, aggregate);
    aggregate.markSaved();
    return aggregate.version;
  }

  async #write(manager: EntityManager, aggregate: A): Promise<void> {
    const tenant = this.#tenant(manager);
    const row = { ...this.toRow(aggregate), ...tenant, version: aggregate.version } as Row;
    if (aggregate.storedVersion === 0) return this.#insert(manager, row);
    const where = { id: aggregate.id, ...tenant, version: aggregate.storedVersion };
    const { affected } = await manager.update(this.entity, where, row);
    if (affected !== 1)
      throw ofOwnConnection(new StaleState(`${this.streamPrefix} ${aggregate.id} was changed by another command.`));
  }

  /** Two commands may make the same one at once: the second comes again and finds it. */
  async #insert(manager: EntityManager, row: Row): Promise<void> {
    try {
      await manager.insert(this.entity, row);
    } catch (error) {
      const { kind, constraint } = classify(error);
      if (kind !== 'unique' || !constraint?.endsWith('_pkey')) throw error;
      throw ofOwnConnection(new StaleState(`${this.streamPrefix} ${row.id} was created by another command.`));
    }
  }

  /** Of the command, where the table has a column for it. */
  #tenant({ dataSource }: EntityManager): { tenant?: string } {
    const column = dataSource.getMetadata(this.entity).findColumnWithPropertyName('tenant');
    return column === undefined ? {} : { tenant: UnitOfWork.required('Setting the tenant').context.tenant };
  }

  #stream(id: string): string {
    return `${this.streamPrefix}:${id}`;
  }
}
