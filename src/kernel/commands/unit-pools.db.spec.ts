import { CommandBus, CommandHandler, EventsHandler, type ICommandHandler } from '@nestjs/cqrs';
import { DataSource } from 'typeorm';
import { createToyTables, poolsOf, ToyApp } from '../../../test/support/toy-app.js';
import { BoxEntity, CountCommand, Counted, Counters, CountHandler } from '../../../test/support/toys.js';
import { DurableCommand } from '../domain/index.js';
import { EffectHandler } from '../effects/effect-handler.decorator.js';
import { Effects } from '../effects/effects.js';
import { newId } from '../messages/ids.js';
import { OutgoingCommands } from '../outgoing/outgoing-commands.js';
import { ReadSql } from '../consistency/read-sql.js';
import { Subscription } from '../subscriptions/subscription.decorator.js';
import { freshDatabase, type FreshDatabase } from '../../platform/testing/databases.js';
import { until } from '../testing/until.js';

const HANDLERS = 5;
const EVENTS = 12;
const SLOW = 'pools-slow';

/** Whose connections did what, by the name that they have at the server. */
const seen = new Map<string, Set<string>>();
let handled = 0;

const NAME = `SELECT current_setting('application_name') AS name`;

async function look(who: string, sql: ReadSql, source: DataSource): Promise<void> {
  const names = seen.get(who) ?? new Set();
  seen.set(who, names);
  for (const { name } of await sql.query<{ name: string }>({ text: NAME })) names.add(name);
  for (const { name } of await source.query<{ name: string }[]>(NAME)) names.add(name);
  for (const { name } of await sql.query<{ name: string }>({ text: NAME })) names.add(name);
}

@DurableCommand('toy.look')
class LookCommand {
  constructor(readonly who: string) {}
}

@CommandHandler(LookCommand)
class LookHandler implements ICommandHandler<LookCommand> {
  constructor(
    private readonly sql: ReadSql,
    private readonly source: DataSource,
  ) {}

  async execute({ who }: LookCommand): Promise<void> {
    await look(who, this.sql, this.source);
  }
}

@EffectHandler('toy.look')
class LookEffect {
  constructor(private readonly bus: CommandBus) {}

  async handle(): Promise<void> {
    await this.bus.execute(new LookCommand('command of an effect'));
  }
}

function slowHandler(number: number) {
  @EventsHandler(Counted)
  @Subscription(`toy.slow-${number}`, { startFrom: 'beginning', partitions: 8 })
  class SlowHandler {
    constructor(
      private readonly source: DataSource,
      private readonly sql: ReadSql,
    ) {}

    async handle({ kind }: Counted): Promise<void> {
      if (kind !== SLOW) return;
      await look('event handler', this.sql, this.source);
      await this.source.query('SELECT pg_sleep(0.1)');
      handled += 1;
    }
  }
  return SlowHandler;
}

let db: FreshDatabase;
let toy: ToyApp;

beforeAll(async () => {
  db = await freshDatabase(import.meta.url);
  await createToyTables(db);
  const handlers = Array.from({ length: HANDLERS }, (_, number) => slowHandler(number));
  const providers = [Counters, CountHandler, LookHandler, LookEffect, ...handlers];
  // Fewer connections than the handlers would use at once, and a time-out for them that is shorter than their turn.
  const pools = poolsOf(db, { workerPoolSize: 3, acquireTimeoutMs: 200 });
  toy = await ToyApp.start(db, { parts: { entities: [BoxEntity], providers }, pools });
});
afterAll(async () => {
  await toy.close();
  await db.drop();
});

const ofPool = (pool: string): Set<string> => new Set([`waybill-${pool}-${process.pid}`]);

describe('the connections of a command', () => {
  it('come from the worker pool for event handlers, stored commands and effects, from the app pool for clients', async () => {
    await toy.run(new LookCommand('client'));
    await toy.inCommand(() => {
      toy.get(OutgoingCommands).send(new LookCommand('stored command'));
      toy.get(Effects).enqueue({ kind: 'toy.look', key: newId(), body: {} });
    });
    await toy.run(new CountCommand(newId(), 1, SLOW));
    await until('all four have looked', () => seen.size === 4, 10_000);
    await until('the event is handled', () => handled === HANDLERS, 10_000);
    expect(seen.get('client')).toEqual(ofPool('app'));
    for (const who of ['event handler', 'stored command', 'command of an effect'])
      expect([who, seen.get(who)]).toEqual([who, ofPool('worker')]);
  });

  it('are left alone by five event handlers that catch up, whose wait for connections of their own is no fault', async () => {
    handled = 0;
    for (let event = 0; event < EVENTS; event += 1) await toy.run(new CountCommand(newId(), 1, SLOW));
    let mostInUse = 0;
    const isCatchingUp = (): boolean => handled < HANDLERS * EVENTS;
    while (isCatchingUp()) {
      const command = toy.run(new CountCommand(newId(), 1));
      mostInUse = Math.max(mostInUse, toy.pools.app.totalCount - toy.pools.app.idleCount + toy.pools.app.waitingCount);
      await command;
    }
    // One for the command of the loop, one for what else the process does beside.
    expect(mostInUse).toBeLessThanOrEqual(2);
    expect(toy.said).toEqual([]);
  });
});
