import type { INestApplicationContext } from '@nestjs/common';
import { CommandBus, type ICommand } from '@nestjs/cqrs';
import { EventStreams } from '../commands/event-streams.js';
import { CommandPipeline } from '../commands/command-pipeline.js';
import { Pools } from '../database/pools.js';
import { isRefusal } from '../domain/index.js';
import { MessageContext, messageContext, type MessageContextFields } from '../messages/message-context.js';

/** Streams and what they hold: `{ 'ordering.order:1': [started, placed] }`. */
export type GivenStreams = Readonly<Record<string, readonly object[]>>;

/** How a command ended. */
export interface Ended {
  readonly answer?: unknown;
  readonly refusal: unknown;
  readonly events: readonly { readonly name: string; readonly data: object }[];
}

/** Stores the streams, executes the command and tells how it ended. */
export async function executeOn(
  app: INestApplicationContext,
  streams: GivenStreams,
  of: { command: ICommand; context: MessageContextFields },
): Promise<Ended> {
  await store(app, streams);
  const before = await lastEventId(app);
  try {
    const answer = await messageContext.run(new MessageContext(of.context), () =>
      app.get(CommandBus, { strict: false }).execute(of.command),
    );
    return { answer, refusal: undefined, events: await eventsAfter(app, before) };
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return { refusal: error, events: await eventsAfter(app, before) };
  }
}

async function store(app: INestApplicationContext, streams: GivenStreams): Promise<void> {
  const units = app.get(CommandPipeline, { strict: false });
  const publisher = app.get(EventStreams, { strict: false });
  await units.run('given', async () => {
    for (const [stream, events] of Object.entries(streams)) publisher.append({ stream, events, expected: 'none' });
  });
}

async function lastEventId(app: INestApplicationContext): Promise<number> {
  const { rows } = await app
    .get(Pools, { strict: false })
    .app.query<{ id: number }>('SELECT coalesce(max(id), 0)::int AS id FROM kernel.events');
  return rows[0]!.id;
}

async function eventsAfter(app: INestApplicationContext, id: number): Promise<Ended['events']> {
  const { rows } = await app
    .get(Pools, { strict: false })
    .app.query<{ name: string; data: object }>('SELECT name, data FROM kernel.events WHERE id > $1 ORDER BY id', [id]);
  return rows;
}
