import { CountCommand, Counter, Counters, streamOf } from '../../../test/support/toys.js';
import { createToyTables, RunCommand, ToyApp } from '../../../test/support/toy-app.js';
import { CommandBus } from '@nestjs/cqrs';
import { newId } from '../messages/ids.js';
import { MessageContext, messageContext, type MessageContextFields } from '../messages/message-context.js';
import { freshDatabase, type FreshDatabase } from '../../platform/testing/databases.js';

let db: FreshDatabase;
let toy: ToyApp;

beforeAll(async () => {
  db = await freshDatabase(import.meta.url);
  await createToyTables(db);
  toy = await ToyApp.start(db);
});
afterAll(async () => {
  await toy.close();
  await db.drop();
});

const execute = <R>(command: object): Promise<R> => toy.get(CommandBus).execute<object, R>(command);
const join = (work: () => unknown): Promise<unknown> => execute(new RunCommand(work));
const total = async (id: string): Promise<number | undefined> =>
  (await toy.rows<{ total: number }>('SELECT total FROM toy_read.counters WHERE counter_id = $1', id))[0]?.total;

describe('a command executed by a command', () => {
  it('joins its unit: both commit together, on the same instances', async () => {
    const [outer, inner] = [newId(), newId()];
    await toy.inCommand(async () => {
      const counter = new Counter(outer);
      counter.count(1);
      await toy.get(Counters).save(counter);
      await execute(new CountCommand(inner, 2));
      await execute(new CountCommand(outer, 3));
    });

    expect(await total(outer)).toBe(4);
    expect(await total(inner)).toBe(2);
    const commits = await toy.rows(
      `SELECT DISTINCT meta->>'commandId' AS id FROM kernel.events WHERE stream_id = ANY ($1)`,
      [streamOf(outer), streamOf(inner)],
    );
    expect(commits).toHaveLength(1);
  });

  it('may execute commands itself', async () => {
    const id = newId();
    const answer = await toy.inCommand(() => join(() => join(() => execute(new CountCommand(id, 7)))));
    expect(answer).toEqual({ version: 1, total: 7 });
    expect(await total(id)).toBe(7);
  });

  it('fails the whole when it fails, also when the error is caught', async () => {
    const id = newId();
    const catching = async (): Promise<string> => {
      await execute(new CountCommand(id, 1));
      await execute(new CountCommand(id, 5_000)).catch(() => undefined);
      return 'all is well';
    };
    await expect(toy.inCommand(catching)).rejects.toThrow('a joined command had failed');
    expect(await total(id)).toBeUndefined();
  });

  it('fails the whole as well when it fails two commands deep', async () => {
    const id = newId();
    const catching = (): Promise<unknown> =>
      join(async () => {
        await execute(new CountCommand(id, 5_000)).catch(() => undefined);
      });
    await expect(toy.inCommand(catching)).rejects.toThrow('a joined command had failed');
    expect(await total(id)).toBeUndefined();
  });

  it('leaves nothing to read or write after it failed', async () => {
    const writing = async (): Promise<void> => {
      await join(() => Promise.reject(new Error('no'))).catch(() => undefined);
      await toy.get(Counters).find(newId());
    };
    await expect(toy.inCommand(writing)).rejects.toThrow('came after a joined command had failed');
  });

  it('is refused beside another one: they would write one unit in no order', async () => {
    const id = newId();
    const parallel = (): Promise<unknown> =>
      Promise.all([execute(new CountCommand(id, 1)), execute(new CountCommand(id, 1))]);
    await expect(toy.inCommand(parallel)).rejects.toThrow('Await one before the next');
    expect(await total(id)).toBeUndefined();
  });

  it('is refused beside another one, also when the refusal is ignored', async () => {
    const id = newId();
    const ignoring = (): Promise<unknown> =>
      Promise.allSettled([execute(new CountCommand(id, 1)), execute(new CountCommand(id, 1))]);
    await expect(toy.inCommand(ignoring)).rejects.toThrow('a joined command had failed');
    expect(await total(id)).toBeUndefined();
  });

  it('fails the whole when nobody awaits it', async () => {
    const id = newId();
    const floating = (): string => {
      void execute(new CountCommand(id, 1)).catch(() => undefined);
      return 'done';
    };
    await expect(toy.inCommand(floating)).rejects.toThrow('Await everything that a handler starts');
    expect(await total(id)).toBeUndefined();
  });

  it('may run beside others again once they have ended', async () => {
    const id = newId();
    await toy.inCommand(async () => {
      for (let n = 0; n < 3; n += 1) await execute(new CountCommand(id, 1));
    });
    expect(await total(id)).toBe(3);
  });
});

describe('a command executed by a command in a message context of its own', () => {
  const outer = { tenant: 'acme', principal: { id: 'ann', roles: [] } };
  const request = { key: 'k', operation: 'count', fingerprint: 'f' };
  const inContext = (id: string, fields: MessageContextFields): Promise<unknown> =>
    messageContext.run(new MessageContext(fields), () => execute(new CountCommand(id, 1)));

  it.each<[string, MessageContextFields]>([
    ['tenant', { ...outer, tenant: 'other' }],
    ['principal', { ...outer, principal: { id: 'bob', roles: [] } }],
    ['idempotency key', { ...outer, idempotency: { ...request, key: newId() } }],
  ])('is refused where that names another %s, which would be ignored', async (what, fields) => {
    const id = newId();
    const ignoring = (): Promise<unknown> => Promise.allSettled([inContext(id, fields)]);
    const command = toy.inCommand(() => inContext(id, fields), outer);
    await expect(command).rejects.toThrow(new RegExp(`${what}.*OutgoingCommands`));
    await expect(toy.inCommand(ignoring, outer)).rejects.toThrow('a joined command had failed');
    expect(await total(id)).toBeUndefined();
  });

  it('joins where that names the same ones, or no key', async () => {
    const id = newId();
    const idempotency = { ...request, key: newId() };
    await toy.inCommand(
      async () => {
        await inContext(id, { ...outer, idempotency });
        await inContext(id, outer);
        await messageContext.withoutKey(() => execute(new CountCommand(id, 1)));
      },
      { ...outer, idempotency },
    );
    expect(await total(id)).toBe(3);
  });
});

describe('what a handler started and did not await', () => {
  /** Runs `late` after the command that started it has been committed, and gives what became of it. */
  async function afterItsCommand(late: () => unknown): Promise<unknown> {
    let ended = (): void => undefined;
    const end = new Promise<void>((resolve) => (ended = resolve));
    let outcome: Promise<unknown> = Promise.resolve();
    await toy.inCommand(() => {
      outcome = end.then(late);
      outcome.catch(() => undefined);
    });
    ended();
    return outcome;
  }

  it.each<[string, () => unknown]>([
    ['loading', () => toy.get(Counters).find('x')],
    ['saving', () => toy.get(Counters).save(new Counter('x'))],
    ['another command', () => execute(new CountCommand('x', 1))],
  ])('%s is refused: the command has ended without it', async (_, late) => {
    await expect(afterItsCommand(late)).rejects.toThrow('came after its command had ended');
    expect(await total('x')).toBeUndefined();
  });
});
