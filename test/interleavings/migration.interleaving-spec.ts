import { createHash } from 'node:crypto';
import type { ClientBase } from 'pg';
import { migrate, schemaMismatch } from '../../src/kernel/migrations/migrator.js';
import type { Migration } from '../../src/kernel/migrations/migrations.js';
import type { Pools } from '../../src/kernel/database/pools.js';
import { testProtocol, type ProtocolTest } from './protocol-tests.js';
import type { ActorWork } from './schedule.js';

let pools: Pools;

/** Applied twice, either of them would fail or leave a second row. */
const STEPS: readonly Migration[] = [
  step('kernel', '0001-first', 'CREATE TABLE kernel.things (name text)'),
  step(
    'toy',
    '0001-second',
    `ALTER TABLE kernel.things ADD COLUMN size int; INSERT INTO kernel.things VALUES ('one', 1)`,
  ),
];

function step(folder: string, name: string, up: string): Migration {
  return { folder, name, up, checksum: createHash('sha256').update(up).digest('hex'), breaking: false };
}

async function withClient<T>(work: (client: ClientBase) => Promise<T>): Promise<T> {
  const client = await pools.app.connect();
  try {
    return await work(client);
  } finally {
    client.release();
  }
}

const migrating = (name: string): ActorWork => ({ name, run: () => withClient((client) => migrate(client, STEPS)) });

/** A process that migrates nothing: it works on a database that fits, and says why it doesn't on another. */
const onlyLooking = (name: string): ActorWork => ({
  name,
  run: () =>
    withClient(async (client) => {
      if ((await schemaMismatch(client, STEPS)) !== undefined) return undefined;
      return (await client.query('SELECT size FROM kernel.things')).rowCount;
    }),
});

/** As before the first start of all. */
async function reset(owner: ClientBase): Promise<void> {
  await owner.query('DROP SCHEMA IF EXISTS kernel, toy, toy_read, toy_private CASCADE');
}

async function wrongSteps(owner: ClientBase, isComplete: boolean): Promise<string[]> {
  const { rows } = await owner.query<{ migrations: string | null }>(
    `SELECT to_regclass('kernel.migrations') AS migrations`,
  );
  if (rows[0]!.migrations === null) return isComplete ? ['nothing was applied'] : [];
  const applied = await owner.query('SELECT FROM kernel.migrations');
  const things = applied.rowCount! < STEPS.length ? undefined : await owner.query('SELECT FROM kernel.things');
  return [
    ...(isComplete && applied.rowCount !== STEPS.length ? [`${applied.rowCount} steps were applied`] : []),
    ...(things !== undefined && things.rowCount !== 1 ? [`a step was applied ${things.rowCount} times`] : []),
  ];
}

const twoStarts: ProtocolTest = {
  title: 'two first starts at once apply every step once',
  reset,
  actors: () => [migrating('start'), migrating('other start')],
  violations: async (owner, { ends }) => [
    ...ends.flatMap((end) => (end.kind === 'threw' ? [String(end.error)] : [])),
    ...(await wrongSteps(
      owner,
      ends.some(({ kind }) => kind === 'returned'),
    )),
  ],
  short: { preemptions: 1, crashes: 0, lostAnswers: 0 },
  whole: { preemptions: 2, crashes: 1, lostAnswers: 0 },
  faults: [
    {
      title: 'a migration without its lock',
      shownBy: 'AAAAAAAAAAAAABBBBBBAB',
      statement: ['SELECT pg_try_advisory_xact_lock($1) AS taken', 'SELECT $1::bigint > 0 AS taken'],
    },
    {
      title: 'a migration that commits a step before it is recorded',
      statement: [
        /^CREATE TABLE kernel\.things \(name text\)$/,
        'CREATE TABLE kernel.things (name text); COMMIT; BEGIN',
      ],
    },
    {
      title: 'a migration that asks a cache which steps are applied',
      shownBy: 'AAAAAABBBAAABBBAAAAAA',
      statement: [
        /SELECT FROM pg_class WHERE relname = 'migrations'[^]*'kernel'\)/,
        `SELECT WHERE to_regclass('kernel.migrations') IS NOT NULL`,
      ],
    },
  ],
};

const startWithout: ProtocolTest = {
  title: 'a process that does not migrate works only on a database that fits, whatever a migration does meanwhile',
  reset,
  actors: () => [migrating('start'), onlyLooking('process without migrations')],
  violations: async (owner, { ends: [start, process] }) => [
    ...[start, process].flatMap((end) => (end?.kind === 'threw' ? [String(end.error)] : [])),
    ...(process?.kind === 'returned' && process.value === 0 ? ['it fitted, and held nothing'] : []),
    ...(await wrongSteps(owner, start?.kind === 'returned')),
  ],
  short: { preemptions: 1, crashes: 0, lostAnswers: 0 },
  whole: { preemptions: 4, crashes: 1, lostAnswers: 0 },
  faults: [],
};

testProtocol({
  name: 'migration against start',
  specUrl: import.meta.url,
  as: 'owner',
  start: async ({ paused }) => {
    pools = paused.pools;
  },
  stop: async () => undefined,
  tests: [twoStarts, startWithout],
});
