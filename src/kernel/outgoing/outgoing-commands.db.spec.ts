import { CommandBus, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { DurableCommand, NotFound, definitionOf } from '#kernel/domain';
import { CountCommand, CountHandler, Counters, streamOf } from '../../../test/support/toys.js';
import { createToyTables, ToyApp, type ToyParts } from '../../../test/support/toy-app.js';
import { newId } from '../messages/ids.js';
import { messageContext } from '../messages/message-context.js';
import { freshDatabase, type FreshDatabase } from '../../platform/testing/databases.js';
import { eventually } from '../testing/eventually.js';
import { OutgoingCommands, type SendOptions } from './outgoing-commands.js';
import { CommandRefused } from './outgoing-worker.js';

const broken = new Set<string>();

@DurableCommand('toy.count-later')
class CountLaterCommand {
  constructor(
    readonly counterId: string,
    readonly by: number,
  ) {}
}

@CommandHandler(CountLaterCommand)
class CountLaterHandler implements ICommandHandler<CountLaterCommand> {
  constructor(private readonly counters: Counters) {}

  async execute({ counterId, by }: CountLaterCommand): Promise<{ total: number; asked: string }> {
    if (broken.has(counterId)) throw new Error('The counter is broken.');
    if (by < 0) throw new Error('It said \0.');
    if (by === 0) throw new NotFound('There is no such counter.');
    const counter = await this.counters.findOrNew(counterId);
    counter.count(by);
    await this.counters.save(counter);
    return { total: counter.total, asked: messageContext.current().principal.id };
  }
}

const parts: ToyParts = { providers: [Counters, CountHandler, CountLaterHandler] };
let db: FreshDatabase;
let toy: ToyApp;
let other: ToyApp;

beforeAll(async () => {
  db = await freshDatabase(import.meta.url);
  await createToyTables(db);
  [toy, other] = [await ToyApp.start(db, { parts }), await ToyApp.start(db, { parts })];
});
afterAll(async () => {
  await Promise.all([toy.close(), other.close()]);
  await db.drop();
});

const send = (command: object, options?: SendOptions): Promise<string> =>
  toy.inCommand<string>(() => toy.get(OutgoingCommands).send(command, options), {
    principal: { id: 'ada', roles: [] },
  });
const counts = async (id: string): Promise<number[]> =>
  (await toy.events(streamOf(id))).map(({ data }) => (data as { by: number }).by);
const state = async (id: string): Promise<string | undefined> => (await toy.get(OutgoingCommands).find(id))?.state;

describe('a stored command', () => {
  it('is executed once on whichever replica is free, for whoever sent it', async () => {
    const id = newId();
    const sent = await send(new CountLaterCommand(id, 3));
    await eventually(async () => expect(await state(sent)).toBe('succeeded'));
    expect(await counts(id)).toEqual([3]);
    const [answer] = await toy.rows('SELECT principal, kind, body FROM kernel.idempotency WHERE key = $1', sent);
    expect(answer).toEqual({ principal: 'ada', kind: 'system', body: '{"total":3,"asked":"ada"}' });
  });

  it('is tried again after a fault of which PostgreSQL can store no text', async () => {
    const sent = await send(new CountLaterCommand(newId(), -1));
    await eventually(async () => expect((await toy.get(OutgoingCommands).find(sent))!.attempts).toBeGreaterThan(1));
    expect(await toy.get(OutgoingCommands).find(sent)).toMatchObject({ state: 'queued', error: 'It said \uFFFD.' });
    await eventually(async () => expect(await toy.get(OutgoingCommands).cancel(sent)).toBe(true));
  });

  it('is not stored when the command that sends it fails', async () => {
    const sent = newId();
    const failing = toy.inCommand(() => {
      toy.get(OutgoingCommands).send(new CountLaterCommand(newId(), 1), { id: sent });
      throw new Error('No.');
    });
    await expect(failing).rejects.toThrow('No.');
    expect(await state(sent)).toBeUndefined();
  });

  it('waits for its time, and can be taken back until then', async () => {
    const id = newId();
    const [soon, never] = [new Date(Date.now() + 300), new Date(Date.now() + 3_600_000)];
    const first = await send(new CountLaterCommand(id, 1), { executeAt: soon });
    const second = await send(new CountLaterCommand(id, 2), { executeAt: never });
    expect(await toy.get(OutgoingCommands).cancel(second)).toBe(true);
    expect(await toy.get(OutgoingCommands).cancel(second)).toBe(false);
    await eventually(async () => expect(await state(first)).toBe('succeeded'));
    const [row] = await toy.rows<{ late: boolean }>(
      'SELECT finished_at >= due_at AS late FROM kernel.outgoing_commands WHERE id = $1',
      first,
    );
    expect([row!.late, await state(second), await counts(id)]).toEqual([true, 'cancelled', [1]]);
  });

  it('keeps the order of its instance: what fails holds the next', async () => {
    const [id, instance] = [newId(), newId()];
    broken.add(id);
    const sent: string[] = [];
    for (const by of [1, 2, 3]) sent.push(await send(new CountLaterCommand(id, by), { instance }));
    await eventually(async () => expect((await toy.get(OutgoingCommands).find(sent[0]!))!.attempts).toBeGreaterThan(0));
    expect((await toy.get(OutgoingCommands).find(sent[1]!))!.attempts).toBe(0);
    broken.delete(id);
    await eventually(async () => expect(await state(sent[2]!)).toBe('succeeded'));
    expect(await counts(id)).toEqual([1, 2, 3]);
  });

  it('tells of a refusal by an event on its own stream', async () => {
    const sent = await send(new CountLaterCommand(newId(), 5_000));
    await eventually(async () => expect(await state(sent)).toBe('refused'));
    expect(await toy.events(`command:${sent}`)).toMatchObject([
      { name: definitionOf(CommandRefused)!.name, data: { code: 'toy.limit-reached', facts: { limit: 1_000 } } },
    ]);
  });

  it('is refused for good also where only the moment said no', async () => {
    const sent = await send(new CountLaterCommand(newId(), 0));
    await eventually(async () => expect(await state(sent)).toBe('refused'));
    expect(await toy.events(`command:${sent}`)).toMatchObject([{ data: { code: 'not-found' } }]);
  });

  it('is one command under its id, also after its end, and is never replaced by another one', async () => {
    const [id, again, counter] = [newId(), newId(), newId()];
    const sendAs = (sent: string, by: number, tenant = 'north'): Promise<unknown> =>
      toy.inCommand(
        async () => {
          await toy.get(CommandBus).execute(new CountCommand(again, 1));
          toy.get(OutgoingCommands).send(new CountLaterCommand(counter, by), { id: sent });
        },
        { tenant },
      );
    await sendAs(id, 3);
    await sendAs(id, 3);
    await eventually(async () => expect(await state(id)).toBe('succeeded'));
    await sendAs(id, 3);
    expect([await counts(counter), await counts(again)]).toEqual([[3], [1, 1, 1]]);
    for (const replaced of [sendAs(id, 4), sendAs(id, 3, 'south')])
      await expect(replaced).rejects.toMatchObject({ code: 'WB005', message: expect.stringContaining(id) });
    expect([await counts(counter), await counts(again)]).toEqual([[3], [1, 1, 1]]);
  });

  it('is stored once when one unit sends it twice, which can’t send another one under its id', async () => {
    const [id, counter] = [newId(), newId()];
    const sendBoth = (...amounts: number[]): Promise<unknown> =>
      toy.inCommand(() => {
        for (const by of amounts) toy.get(OutgoingCommands).send(new CountLaterCommand(counter, by), { id });
      });
    await expect(sendBoth(1, 2)).rejects.toMatchObject({ code: 'command-id-reused' });
    await sendBoth(2, 2);
    await eventually(async () => expect(await state(id)).toBe('succeeded'));
    expect(await counts(counter)).toEqual([2]);
  });

  it('is executed in the context of who sent it, one command further, imported if that was', async () => {
    const [id, causationId] = [newId(), newId()];
    const fields = { tenant: 'north', correlationId: newId(), causationId, imported: true, causationDepth: 3 };
    await toy.inCommand(() => toy.get(OutgoingCommands).send(new CountLaterCommand(id, 1)), fields);
    await eventually(async () => expect(await counts(id)).toEqual([1]));
    const [event] = await toy.rows<{ meta: object }>(
      'SELECT meta FROM kernel.events WHERE stream_id = $1',
      streamOf(id),
    );
    const { correlationId } = fields;
    expect(event!.meta).toMatchObject({ correlationId, imported: true, causationDepth: 4 });
  });

  it('takes effect once, also where it was claimed twice', async () => {
    const id = newId();
    const sent = await send(new CountLaterCommand(id, 7));
    await eventually(async () => expect(await state(sent)).toBe('succeeded'));
    await toy.rows(`UPDATE kernel.outgoing_commands SET state = 'queued', claimed_until = NULL WHERE id = $1`, sent);
    await toy.run(new CountCommand(newId(), 1));
    await eventually(async () => expect(await state(sent)).toBe('succeeded'));
    expect(await counts(id)).toEqual([7]);
  });
});
