import { Controller, Get, Module } from '@nestjs/common';
import { CommandHandler, EventsHandler, type ICommandHandler, type IEventHandler } from '@nestjs/cqrs';
import { Client } from 'pg';
import { configurationOf } from '#config';
import {
  EffectHandler,
  Effects,
  EventStreams,
  MessageContext,
  OutgoingCommands,
  Subscription,
  CommandPipeline,
  messageContext,
  newId,
  type IEffectHandler,
} from '#kernel';
import { Public } from '#platform/http';
import { DurableCommand } from '#kernel/domain';
import { freshDatabase, type FreshDatabase } from '#platform/testing';
import { boot, type Waybill } from '../../src/boot.js';
import { DevTokens } from '../../src/platform/http/auth/dev-tokens.js';
import { UnitOfWork } from '../../src/kernel/commands/unit-of-work.js';
import { until } from '../../src/kernel/testing/until.js';
import { Noticed } from '../support/toys.js';

/** What is stuck now, and how to let it go on once the spec is over. */
const stuck = new Map<string, () => void>();

/** Holds a transaction if there is a unit of work, and doesn't end. */
async function getStuck(kind: string): Promise<void> {
  await UnitOfWork.current()?.transaction.client();
  await new Promise<void>((resolve) => stuck.set(kind, resolve));
}

@Controller('stuck')
@Public()
class StuckController {
  constructor(private readonly units: CommandPipeline) {}

  @Get()
  async get(): Promise<object> {
    await this.units.run('toy.stuck', () => getStuck('request'));
    return {};
  }
}

@EventsHandler(Noticed)
@Subscription('toy.get-stuck', { startFrom: 'beginning' })
class GetStuckWhenNoticed implements IEventHandler<Noticed> {
  handle(): Promise<void> {
    return getStuck('event handler');
  }
}

@DurableCommand('toy.get-stuck')
class GetStuckCommand {}

@CommandHandler(GetStuckCommand)
class GetStuckHandler implements ICommandHandler<GetStuckCommand> {
  execute(): Promise<void> {
    return getStuck('stored command');
  }
}

@EffectHandler('toy.get-stuck')
class GetStuckCall implements IEffectHandler<object> {
  handle(): Promise<void> {
    return getStuck('outbound call');
  }
}

@Module({
  controllers: [StuckController],
  providers: [GetStuckWhenNoticed, GetStuckHandler, GetStuckCall],
})
class StuckModule {}

let db: FreshDatabase;
let waybill: Waybill;
beforeAll(async () => {
  db = await freshDatabase(import.meta.url);
});
afterEach(() => {
  for (const release of stuck.values()) release();
  stuck.clear();
});
afterAll(() => db.drop());

async function serve(): Promise<void> {
  const limits = { SHUTDOWN_WAIT_MS: '0', SHUTDOWN_REQUESTS_MS: '100', SHUTDOWN_BATCHES_MS: '100' };
  const settings = { ...db.environment, HOST: '127.0.0.1', PORT: '0', ...limits };
  waybill = await boot(configurationOf(settings), { serves: 'api', logger: false, modules: [StuckModule] });
}

const inCommand = (work: () => unknown): Promise<unknown> =>
  messageContext.run(new MessageContext({}), () =>
    waybill.app.get(CommandPipeline, { strict: false }).run('toy.begin', async () => work()),
  );
const part = <T>(type: new (...args: never[]) => T): T => waybill.app.get<T>(type, { strict: false });

const BEGIN: Readonly<Record<string, () => Promise<unknown>>> = {
  request: () => fetch(`${waybill.url}/stuck`).catch(() => undefined),
  'event handler': () =>
    inCommand(() => part(EventStreams).append({ stream: 'toy.notice:1', events: [new Noticed('x')] })),
  'stored command': () => inCommand(() => part(OutgoingCommands).send(new GetStuckCommand())),
  'outbound call': () => inCommand(() => part(Effects).enqueue({ kind: 'toy.get-stuck', key: newId(), body: {} })),
};

/** Sessions of the stopped process: pg_stat_activity of the spec's own database. */
async function hasSessions(): Promise<boolean> {
  const client = new Client(db.direct.url);
  await client.connect();
  try {
    const { rowCount } = await client.query(
      `SELECT FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
          AND application_name LIKE 'waybill-%'`,
    );
    return rowCount !== 0;
  } finally {
    await client.end();
  }
}

describe('a stop whose time limits are over', () => {
  it.each(Object.keys(BEGIN))('does not wait for this when it never ends, and rolls it back: %s', async (kind) => {
    await serve();
    const begun = BEGIN[kind]!();
    await until(`the ${kind} is stuck`, () => stuck.has(kind));
    await waybill.stop();
    expect(stuck.has(kind)).toBe(true);
    await until('the server has ended all sessions', async () => !(await hasSessions()));
    await begun;
  });

  it('does not wait for a rebuild that is held up by a lock, and ends its session', async () => {
    await serve();
    const holder = new Client(db.direct.url);
    await holder.connect();
    await holder.query('BEGIN; LOCK TABLE ordering_read.order_search');
    const token = await part(DevTokens).issue({ subject: 'olga', roles: ['operator'] });
    const rebuilt = fetch(`${waybill.url}/ops/v1/projections/ordering.order-search/rebuild`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: '{}',
    }).catch(() => undefined);
    await until('the rebuild waits for the lock', async () => {
      const { rowCount } = await holder.query('SELECT FROM pg_locks WHERE NOT granted');
      return rowCount !== 0;
    });
    const from = Date.now();
    await waybill.stop();
    expect(Date.now() - from).toBeLessThan(4_000);
    // The server looks every five seconds whether the client of a waiting statement is still there.
    await until('the server has ended all sessions', async () => !(await hasSessions()));
    await rebuilt;
    await holder.end();
  });

  it('does not wait for a batch that is held up by a lock, and hands its partitions over', async () => {
    await serve();
    const holder = new Client(db.direct.url);
    await holder.connect();
    await BEGIN['event handler']!();
    await until('the handler is stuck', () => stuck.has('event handler'));
    await holder.query(`BEGIN; SELECT FROM kernel.checkpoints WHERE subscription = 'toy.get-stuck' FOR UPDATE`);
    stuck.get('event handler')!();
    await until('its commit waits for the lock', async () => {
      const { rowCount } = await holder.query('SELECT FROM pg_locks WHERE NOT granted');
      return rowCount !== 0;
    });
    const from = Date.now();
    await waybill.stop();
    // Lock time-outs would end the wait too, after five seconds.
    expect(Date.now() - from).toBeLessThan(4_000);
    const { rows } = await holder.query('SELECT count(*)::int AS leases FROM kernel.leases');
    expect(rows).toEqual([{ leases: 0 }]);
    await holder.end();
  });
});
