import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { root } from './source-tree.js';

const run = promisify(execFile);
const require = createRequire(import.meta.url);
const boundaryNames = (require('../../.dependency-cruiser.cjs') as { forbidden: { name: string }[] }).forbidden.map(
  ({ name }) => name,
);

/** A tree in which everything is allowed. Each violation below is planted beside it. */
const allowed: Record<string, string> = {
  'src/kernel/index.ts': "export { Aggregate } from './domain/index.js';\nexport { Injectable } from '@nestjs/common';",
  'src/kernel/domain/index.ts': 'export class Aggregate {}',
  'src/kernel/database/pools.ts': "import pg from 'pg';\nexport const pool = pg.Pool;",
  'src/kernel/testing/index.ts': "import { Test } from '@nestjs/testing';\nexport const kit = Test;",
  'src/platform/http/index.ts':
    "import { fastify } from 'fastify';\nimport { pool } from '../../kernel/database/pools.js';\nexport const served = [fastify, pool];",
  'src/platform/database/prepare.ts': 'export const prepared = true;',
  'src/platform/testing/index.ts': "import { ROLES } from '#app';\nexport const roles = ROLES;",
  'src/app/index.ts': "import { served } from '#platform/http';\nexport const ROLES = [served];",
  'src/shared/index.ts': "export { euro } from './money.js';",
  'src/shared/money.ts': "export const euro = 'EUR';",
  'src/config/index.ts': "import { env } from 'node:process';\nexport const port = env.PORT;",
  'src/app.module.ts':
    "import { OrderingModule } from './contexts/ordering/ordering.module.js';\nexport const modules = [OrderingModule];",
  'src/contexts/catalog/contracts/index.ts':
    "import { Query } from '@nestjs/cqrs';\nexport class GetPriceQuery extends Query<number> {}",
  'src/contexts/catalog/storage/product.entity.ts': "import { Entity } from 'typeorm';\nexport const entity = Entity;",
  'src/contexts/catalog/api/products.controller.ts':
    "import { entity } from '../storage/product.entity.js';\nexport const served = entity;",
  'src/contexts/ordering/contracts/index.ts': "export { OrderPlaced } from './ordering.events.js';",
  'src/contexts/ordering/contracts/ordering.events.ts':
    "import { euro } from '#shared';\nexport class OrderPlaced { currency = euro; }",
  'src/contexts/ordering/domain/order.ts':
    "import { Aggregate } from '#kernel/domain';\nimport { OrderPlaced } from '../contracts/index.js';\nexport class Order extends Aggregate { last = OrderPlaced; }",
  'src/contexts/ordering/domain/order.spec.ts':
    "import fc from 'fast-check';\nimport { kit } from '#kernel/testing';\nexport const used = [fc, kit];",
  'src/contexts/ordering/commands/place-order.command.ts':
    "import { GetPriceQuery } from '#catalog/contracts';\nimport { orders } from '../storage/order.repository.js';\nexport const PlaceOrderCommand = [GetPriceQuery, orders];",
  'src/contexts/ordering/storage/order.repository.ts':
    "import { Order } from '../domain/order.js';\nexport const orders = Order;",
  'src/contexts/ordering/views/order-search.ts':
    "import { Entity } from 'typeorm';\nimport { OrderPlaced } from '#ordering/contracts';\nexport const view = [Entity, OrderPlaced];",
  'src/contexts/ordering/queries/find-orders.query.ts':
    "import { view } from '../views/order-search.js';\nexport const query = view;",
  'src/contexts/ordering/sagas/fulfilment.ts':
    "import { PlaceOrderCommand } from '../commands/place-order.command.js';\nexport const sends = PlaceOrderCommand;",
  'src/contexts/ordering/api/orders.controller.ts':
    "import { port } from '#config';\nimport { query } from '../queries/find-orders.query.js';\nexport const controller = [port, query];",
  'src/contexts/ordering/ordering.module.ts':
    "import { TypeOrmModule } from '@nestjs/typeorm';\nimport { controller } from './api/orders.controller.js';\nexport const OrderingModule = [TypeOrmModule, controller];",
};

const planted: [boundary: string, file: string, code: string][] = [
  [
    'contexts-meet-at-contracts',
    'src/contexts/ordering/views/deep.ts',
    "import '../../catalog/storage/product.entity.js';",
  ],
  ['contracts-are-messages', 'src/contexts/ordering/contracts/rich.ts', "import '#kernel';"],
  ['domain-is-pure', 'src/contexts/ordering/domain/clocked.ts', "import 'node:crypto';"],
  ['domain-is-pure', 'src/contexts/ordering/domain/packaged.ts', "import 'uuid';"],
  ['domain-is-pure', 'src/contexts/ordering/domain/framed.ts', "import '#kernel';"],
  ['kernel-domain-is-pure', 'src/kernel/domain/framed.ts', "import '@nestjs/common';"],
  ['shared-is-pure', 'src/shared/framed.ts', "import '#kernel/domain';"],
  ['writes-ignore-views', 'src/contexts/ordering/commands/stale.command.ts', "import '../views/order-search.js';"],
  ['writes-ignore-views', 'src/contexts/ordering/storage/asking.ts', "import '../queries/find-orders.query.js';"],
  ['queries-only-read', 'src/contexts/ordering/queries/acting.ts', "import '../commands/place-order.command.js';"],
  ['views-know-events-only', 'src/contexts/ordering/views/loading.ts', "import '../storage/order.repository.js';"],
  ['sagas-know-messages-only', 'src/contexts/ordering/sagas/reading.ts', "import '../views/order-search.js';"],
  [
    'api-talks-to-the-buses',
    'src/contexts/ordering/api/short-cut.controller.ts',
    "import '../storage/order.repository.js';",
  ],
  ['database-stays-behind', 'src/contexts/ordering/commands/query.command.ts', "import 'typeorm';"],
  ['database-stays-behind', 'src/contexts/ordering/api/query.controller.ts', "import 'pg';"],
  ['nothing-below-knows-a-context', 'src/kernel/knowing.ts', "import '#ordering/contracts';"],
  ['nothing-below-knows-a-context', 'src/platform/http/knowing.ts', "import '#ordering/contracts';"],
  ['kernel-is-a-library', 'src/kernel/commands/served.ts', "import '#platform/http';"],
  ['kernel-is-a-library', 'src/kernel/commands/configured.ts', "import '#config';"],
  ['kernel-is-a-library', 'src/kernel/commands/fast.ts', "import 'fastify';"],
  ['platform-serves-any-business', 'src/platform/http/roled.ts', "import '#app';"],
  [
    'kernel-and-platform-by-their-entry-points',
    'src/contexts/ordering/api/deep-http.ts',
    "import '../../../platform/database/prepare.js';",
  ],
  [
    'kernel-and-platform-by-their-entry-points',
    'src/contexts/ordering/storage/deep.ts',
    "import '../../../kernel/database/pools.js';",
  ],
  [
    'shared-config-and-app-by-their-entry-points',
    'src/contexts/ordering/domain/deep.ts',
    "import '../../../shared/money.js';",
  ],
  ['modules-are-wired-at-the-top', 'src/contexts/ordering/api/wiring.ts', "import '../ordering.module.js';"],
  ['no-circular', 'src/kernel/database/egg.ts', "import './hen.js';"],
  ['resolvable', 'src/contexts/ordering/domain/through-the-door.ts', "import '#catalog/storage';"],
  ['no-test-code-in-production', 'src/kernel/testing-in-production.ts', "import '#kernel/testing';"],
  ['no-dev-dependency-in-production', 'src/kernel/fast-check-in-production.ts', "import 'fast-check';"],
  ['only-config-reads-the-environment', 'src/kernel/database/environment.ts', "import 'node:process';"],
];

const careless: [rule: string, file: string, code: string][] = [
  ['node(no-process-env)', 'src/contexts/ordering/api/environment.ts', 'export const port = process.env.PORT;'],
  ['unicorn(no-thenable)', 'src/contexts/ordering/api/thenable.ts', 'export const trap = { then(): void {} };'],
  [
    'typescript(no-explicit-any)',
    'src/contexts/ordering/api/blind.ts',
    'export const see = (value: any): void => void value;',
  ],
  ['import(no-default-export)', 'src/contexts/ordering/api/nameless.ts', 'export default 1;'],
  ['eslint(no-console)', 'src/contexts/ordering/api/loud.ts', "console.log('here');"],
  [
    'typescript(no-floating-promises)',
    'src/contexts/ordering/api/floating.ts',
    'const later = async (): Promise<void> => {};\nlater();',
  ],
  [
    'eslint(max-lines-per-function)',
    'src/contexts/ordering/api/long.ts',
    `export function long(): void {\n${'  void 0;\n'.repeat(61)}}`,
  ],
  ['unicorn(filename-case)', 'src/contexts/ordering/api/camelCase.ts', 'export {};'],
];

describe('the boundaries', () => {
  let tree: string;
  let complaints: string;
  let violations: { from: string; rule: { name: string } }[];

  beforeAll(async () => {
    tree = mkdtempSync(join(tmpdir(), 'waybill-boundaries-'));
    for (const file of ['package.json', '.dependency-cruiser.cjs', '.oxlintrc.json', 'tsconfig.json']) {
      cpSync(join(root, file), join(tree, file));
    }
    symlinkSync(join(root, 'node_modules'), join(tree, 'node_modules'), 'dir');
    for (const [path, code] of Object.entries(allowed)) plant(path, code);
    for (const [, path, code] of planted) plant(path, code);
    plant('src/kernel/database/hen.ts', "import './egg.js';");
    for (const [, path, code] of careless) plant(path, code);
    [violations, complaints] = await Promise.all([cruise(tree), lint(tree)]);
  }, 60_000);

  afterAll(() => rmSync(tree, { recursive: true, force: true }));

  function plant(path: string, code: string): void {
    mkdirSync(dirname(join(tree, path)), { recursive: true });
    writeFileSync(join(tree, path), `${code}\n`);
  }

  it.each(planted)('%s stops %s', (boundary, file) => {
    expect(violations.filter(({ from }) => from === file).map(({ rule }) => rule.name)).toContain(boundary);
  });

  it('let everything pass that is allowed', () => {
    expect(violations.filter(({ from }) => from in allowed)).toEqual([]);
  });

  it('are each proved by a violation above', () => {
    expect(boundaryNames.filter((wall) => !planted.some(([proved]) => proved === wall))).toEqual([]);
  });

  it.each(careless)('of lint: %s stops %s', (rule, file) => {
    expect(complaints.split('\n').filter((line) => line.includes(file) && line.includes(rule))).not.toEqual([]);
  });
});

async function cruise(folder: string): Promise<{ from: string; rule: { name: string } }[]> {
  const bin = join(root, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
  const args = [bin, 'src', '--config', '.dependency-cruiser.cjs', '-T', 'json'];
  const { stdout } = await run(process.execPath, args, { cwd: folder, maxBuffer: 64 * 1024 * 1024 }).catch(
    outputOfFailure,
  );
  return (JSON.parse(stdout) as { summary: { violations: { from: string; rule: { name: string } }[] } }).summary
    .violations;
}

async function lint(folder: string): Promise<string> {
  const args = [join(root, 'node_modules/oxlint/bin/oxlint'), '--type-aware', '--format', 'unix', 'src'];
  const { stdout } = await run(process.execPath, args, { cwd: folder, maxBuffer: 64 * 1024 * 1024 }).catch(
    outputOfFailure,
  );
  return stdout;
}

/** Both tools end with another code than 0 when they find something, which is what is wanted here. */
function outputOfFailure(error: unknown): { stdout: string } {
  const { stdout } = error as { stdout?: unknown };
  if (typeof stdout === 'string' && stdout !== '') return { stdout };
  throw error;
}
