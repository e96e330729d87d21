import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import { built } from '../built.mjs';
import { databaseSettings, withOwner } from '../database.mjs';
import { answer } from './answering.mjs';

const { DurableCqrsModule, Projection } = await built('kernel/index.js');
const { On } = await built('kernel/domain/index.js');
const { Pools } = await built('kernel/database/pools.js');
const { OrderPlaced } = await built('contexts/ordering/contracts/index.js');

/** A worker with so many async views of placed orders, all alike, and nothing else. */
answer({
  async open({ ownerUrl, views }) {
    const parts = Array.from({ length: views }, (_, index) => viewOf(index + 1));
    await withOwner(ownerUrl, (client) => client.query(parts.map(({ table }) => table).join('\n')));
    const login = { url: ownerUrl };
    const pools = new Pools({ app: login, worker: login, query: login, listen: login }, databaseSettings(ownerUrl));
    const app = await NestFactory.createApplicationContext(moduleOf(pools, parts), { logger: ['error'] });
    process.once('disconnect', () => void app.close());
  },
});

function moduleOf(pools, parts) {
  class CrowdModule {}
  const providers = parts.map(({ projection }) => projection);
  Module({
    imports: [TypeOrmModule.forFeature(parts.map(({ entity }) => entity))],
    providers,
  })(CrowdModule);
  class RootModule {}
  Module({ imports: [DurableCqrsModule.forRoot({ pools }), CrowdModule] })(RootModule);
  return RootModule;
}

function viewOf(number) {
  const name = `crowd_${number}`;
  class View {}
  PrimaryColumn({ type: 'uuid' })(View.prototype, 'orderId');
  for (const [column, type] of Object.entries({ tenant: 'text', total: 'bigint', version: 'int', position: 'bigint' }))
    Column({ type })(View.prototype, column);
  Entity({ schema: 'bench_read', name })(View);
  class CrowdProjection {
    placed(_, { orderId, totals }, { tenant }) {
      return { orderId, tenant, total: totals.grand };
    }
  }
  On(OrderPlaced)(CrowdProjection.prototype, 'placed');
  Projection({ name: `bench.crowd-${number}`, version: 1, mode: 'async', view: View })(CrowdProjection);
  const table = `CREATE SCHEMA IF NOT EXISTS bench_read;
    CREATE TABLE bench_read.${name} (order_id uuid PRIMARY KEY, tenant text NOT NULL, total bigint NOT NULL,
                                     version int NOT NULL, position bigint NOT NULL);`;
  return { entity: View, projection: CrowdProjection, table };
}
