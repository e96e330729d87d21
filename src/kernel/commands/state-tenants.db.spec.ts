import { Injectable } from '@nestjs/common';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import { createToyTables, ToyApp } from '../../../test/support/toy-app.js';
import { Box } from '../../../test/support/toys.js';
import { newId } from '../messages/ids.js';
import { freshDatabase, type FreshDatabase } from '../../platform/testing/databases.js';
import { StateRepository } from './state.repository.js';

@Entity({ schema: 'toy', name: 'crates' })
class CrateEntity {
  @PrimaryColumn('text') tenant!: string;
  @PrimaryColumn('text') id!: string;
  @Column('bigint') total!: number;
  @Column('int') version!: number;
}

@Injectable()
class Crates extends StateRepository<Box, CrateEntity> {
  protected override readonly streamPrefix = 'toy.crate';
  protected override readonly entity = CrateEntity;

  protected override toRow({ id, total }: Box): Omit<CrateEntity, 'version' | 'tenant'> {
    return { id, total };
  }

  protected override fromRow({ id, total }: CrateEntity): Box {
    return Object.assign(new Box(id), { total });
  }
}

let db: FreshDatabase;
let toy: ToyApp;
beforeAll(async () => {
  db = await freshDatabase(import.meta.url);
  await createToyTables(
    db,
    `CREATE TABLE toy.crates
       (tenant text, id text, total bigint NOT NULL, version int NOT NULL, PRIMARY KEY (tenant, id));`,
  );
  toy = await ToyApp.start(db, { parts: { entities: [CrateEntity], providers: [Crates] } });
});
afterAll(async () => {
  await toy.close();
  await db.drop();
});

const fill = (tenant: string, id: string, by: number): Promise<unknown> =>
  toy.inCommand(
    async () => {
      const crate = (await toy.get(Crates).find(id)) ?? new Box(id);
      crate.count(by);
      await toy.get(Crates).save(crate);
    },
    { tenant },
  );
const rowsOf = (id: string): Promise<object[]> =>
  toy.rows('SELECT tenant, total, version FROM toy.crates WHERE id = $1 ORDER BY 1', id);

describe('a state-stored aggregate whose table has a tenant', () => {
  it('is found by its own tenant alone', async () => {
    const id = newId();
    await fill('north', id, 1);
    const find = (tenant: string): Promise<unknown> => toy.inCommand(() => toy.get(Crates).find(id), { tenant });
    expect(await find('north')).toMatchObject({ total: 1 });
    expect(await find('south')).toBeUndefined();
    await expect(toy.inCommand(() => toy.get(Crates).load(id), { tenant: 'south' })).rejects.toMatchObject({
      code: 'not-found',
    });
  });

  it('is written for its own tenant alone, also under the same id', async () => {
    const id = newId();
    await fill('north', id, 1);
    await fill('south', id, 10);
    await fill('south', id, 10);
    await fill('north', id, 2);
    expect(await rowsOf(id)).toEqual([
      { tenant: 'north', total: 3, version: 2 },
      { tenant: 'south', total: 20, version: 2 },
    ]);
  });
});
