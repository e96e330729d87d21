import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { Client, type ClientBase } from 'pg';
import { clientConfig } from '../../src/kernel/database/pools.js';
import { withOwner } from '../../src/platform/database/prepare.js';
import { freshDatabase, type FreshDatabase } from '../../src/platform/testing/databases.js';
import { Actor } from './actor.js';
import { PausedPools } from './paused-pool.js';
import type { PlantedFault } from './planted-fault.js';
import { Explorer, type Explored, type Scenario, type Violation } from './protocol.js';

/** A scenario, and the faults that it must find. */
export interface ProtocolTest extends Scenario {
  readonly faults: readonly PlantedFault[];
}

export interface Protocol {
  /** As the table of results has it. */
  readonly name: string;
  readonly specUrl: string;
  /** Who the actors' connections sign in as; default: the roles of an application. */
  readonly as?: 'roles' | 'owner';
  /** Starts what the actors need; before the first schedule. */
  start(on: { db: FreshDatabase; paused: PausedPools; owner: ClientBase }): Promise<unknown>;
  stop(): Promise<unknown>;
  readonly tests: readonly ProtocolTest[];
}

const isWhole = process.env['WAYBILL_INTERLEAVINGS'] === 'whole';
/** Given by `npm run interleave -- … --schedule=ABBA`. */
const onlySchedule = process.env['WAYBILL_SCHEDULE'];
const TEST_TIMEOUT_MS = isWhole ? 15 * 60 * 1_000 : 60_000;
/** A deadlock is part of a schedule: it should end soon. */
const DEADLOCK_TIMEOUT_MS = 20;

/** Declares the tests of a protocol, and writes down what they came to for the table of results. */
export function testProtocol(protocol: Protocol): void {
  const results = { protocol: protocol.name, schedules: 0, seconds: 0, planted: 0, found: 0 };
  let explorer: Explorer;
  let stop: () => Promise<unknown>;

  beforeAll(async () => {
    const db = await freshDatabase(protocol.specUrl);
    await withOwner(db.direct.url, (owner) => owner.query(deadlockTimeout(db.direct.url)));
    // Pauses between tries have random lengths: a schedule would never come again.
    Math.random = () => 0;
    const now = performance.now.bind(performance);
    // Nor would one whose pauses depend on how long a try took.
    performance.now = () => (Actor.current() === undefined ? now() : 0);
    const owner = await ownerOf(db);
    const paused = new PausedPools(db, protocol.as);
    await protocol.start({ db, paused, owner });
    explorer = new Explorer(owner, paused);
    stop = async () => {
      await protocol.stop();
      await paused.pools.end();
      await owner.end();
      await db.drop();
    };
  }, 60_000);

  afterAll(async () => {
    await stop?.();
    if (onlySchedule === undefined) store(protocol.specUrl, results);
  });

  for (const scenario of protocol.tests) {
    it(
      scenario.title,
      async () => {
        if (onlySchedule !== undefined) return show(await explorer.repeat(scenario, onlySchedule));
        const { violation } = await timed(() => explorer.explore(scenario, isWhole ? scenario.whole : scenario.short));
        expect(violation && described(violation, { protocol, title: scenario.title })).toBeUndefined();
      },
      TEST_TIMEOUT_MS,
    );
    for (const fault of scenario.faults) {
      const title = `finds ${fault.title}`;
      it(
        title,
        async () => {
          if (onlySchedule !== undefined) return show(await explorer.repeatWith(scenario, fault, onlySchedule));
          results.planted += 1;
          const shownBy = isWhole && fault.isTooDeepToSearch !== true ? undefined : fault.shownBy;
          const { violation } = await timed(() => explorer.find(scenario, fault, shownBy));
          expect(violation?.problems).toBeDefined();
          if (violation!.schedules > 1) process.stderr.write(`${title}: shownBy: '${violation!.end.notation}'\n`);
          results.found += 1;
        },
        TEST_TIMEOUT_MS,
      );
    }
  }

  async function timed(explore: () => Promise<Explored>): Promise<Explored> {
    const startedAt = performance.now();
    const explored = await explore();
    results.schedules += explored.schedules;
    results.seconds += (performance.now() - startedAt) / 1_000;
    return explored;
  }
}

/** The owner's connection, which the whole spec uses; triggers that keep the log append-only don't fire on it. */
async function ownerOf(db: FreshDatabase): Promise<Client> {
  const client = new Client(clientConfig('interleavings', { url: db.direct.url }));
  await client.connect();
  await client.query('SET session_replication_role = replica');
  return client;
}

function deadlockTimeout(url: string): string {
  return `ALTER DATABASE "${new URL(url).pathname.slice(1)}" SET deadlock_timeout = ${DEADLOCK_TIMEOUT_MS}`;
}

function described({ end, problems, schedules }: Violation, of: { protocol: Protocol; title: string }): string {
  return [
    `Schedule ${schedules} breaks it: ${problems.join('; ')}`,
    ...end.trace,
    `Again: npm run interleave -- ${basename(of.protocol.specUrl)} -t '${of.title}' --schedule=${end.notation}`,
  ].join('\n');
}

function show({ end, problems }: Violation): void {
  const lines = [
    ...end.trace,
    ...end.ends.map((each) => JSON.stringify(each)),
    `Problems: ${problems.join('; ') || 'none'}`,
  ];
  process.stderr.write(`${lines.join('\n')}\n`);
}

function store(specUrl: string, results: object): void {
  const folder = join(process.cwd(), '.cache', 'interleavings');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${basename(specUrl)}.json`), JSON.stringify(results));
}
