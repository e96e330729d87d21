import { createToyTables, poolsOf } from '../../../test/support/toy-app.js';
import type { Pools } from '../database/pools.js';
import { newId } from '../messages/ids.js';
import { freshDatabase, type FreshDatabase } from '../../platform/testing/databases.js';
import { commitWork } from './commit-statement.js';

let db: FreshDatabase;
let pools: Pools;

beforeAll(async () => {
  db = await freshDatabase(import.meta.url);
  await createToyTables(db);
  pools = poolsOf(db);
});
afterAll(async () => {
  await pools.end();
  await db.drop();
});

/** A unit that appends to a stream of one tenant, wherever that ends, under a key of its own. */
function appending(tenant: string, stream: string, count: number) {
  const of = { tenant, stream };
  const scope = { tenant, principal: 'spec', operation: 'append', key: newId() };
  const answer = { kind: 'system', commandId: newId(), outcome: 'result', body: '{}' };
  const events = Array.from({ length: count }, (_, index) => ({
    ...of,
    offset: index + 1,
    ...(index + 1 === count ? { last: true } : {}),
    id: newId(),
    name: 'toy.noticed',
    schema: 1,
    data: {},
    meta: {},
  }));
  return {
    keys: [{ ...scope, ...answer, lastStream: stream, lastOffset: count }],
    streams: [{ ...of, mode: 'any', count }],
    events,
  };
}

const commit = (units: ReturnType<typeof appending>[]) =>
  commitWork(
    pools.app,
    {
      keys: units.flatMap(({ keys }) => keys),
      streams: units.flatMap(({ streams }) => streams),
      uniques: [],
      events: units.flatMap(({ events }) => events),
    },
    new Map(),
  );

it('units of two tenants that share a call and a stream id are counted apart', async () => {
  await commit([appending('north', 'toy.note:1', 3)]);
  await commit([appending('north', 'toy.note:1', 1), appending('south', 'toy.note:1', 2)]);
  const { rows } = await pools.app.query({
    text: `SELECT tenant, array_agg(version ORDER BY id) AS versions FROM kernel.events GROUP BY tenant ORDER BY tenant`,
  });
  expect(rows).toEqual([
    { tenant: 'north', versions: [1, 2, 3, 4] },
    { tenant: 'south', versions: [1, 2] },
  ]);
  const keys = await pools.app.query({ text: 'SELECT tenant, last_version FROM kernel.idempotency ORDER BY 1, 2' });
  expect(keys.rows).toEqual([
    { tenant: 'north', last_version: 3 },
    { tenant: 'north', last_version: 4 },
    { tenant: 'south', last_version: 2 },
  ]);
});
