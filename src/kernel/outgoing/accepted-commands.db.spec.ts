import { CommandBus } from '@nestjs/cqrs';
import { ada, broken, LATER, later, TallyCommand, TallyHandler } from '../../../test/support/tally.js';
import { Counters, streamOf } from '../../../test/support/toys.js';
import { createToyTables, poolsOf, ToyApp, type ToyParts } from '../../../test/support/toy-app.js';
import { isAccepted } from '../commands/pipeline-errors.js';
import { newId } from '../messages/ids.js';
import { MessageContext, type MessageContextFields } from '../messages/message-context.js';
import { freshDatabase, type FreshDatabase } from '../../platform/testing/databases.js';
import { eventually } from '../testing/eventually.js';
import { until } from '../testing/until.js';
import { OperationWaits } from './operation-waits.js';
import { Operations, type Operation } from './operations.js';
import { Retention } from './retention.js';

const parts: ToyParts = { providers: [Counters, TallyHandler] };
let db: FreshDatabase;
let toy: ToyApp;
let api: ToyApp;
beforeAll(async () => {
  db = await freshDatabase(import.meta.url);
  await createToyTables(db);
  toy = await ToyApp.start(db, { parts });
  api = await ToyApp.start(db, { parts, kernel: { runSubscriptions: false } });
});
afterAll(async () => {
  await Promise.all([toy.close(), api.close()]);
  await db.drop();
});

const keyed = (key: string, fingerprint = key): MessageContextFields => ({
  principal: ada,
  idempotency: { key, operation: 'POST /toys', fingerprint },
});

const operation = async (id: string): Promise<Operation> => (await toy.get(Operations).find(id))!;
const ended = (id: string, status: Operation['status']): Promise<void> =>
  eventually(async () => expect((await operation(id)).status).toBe(status));
const counts = async (id: string): Promise<number> => (await toy.events(streamOf(id))).length;

describe('a command that a client has executed later', () => {
  it('is stored under the client’s key, executed for the client, and forgets its content', async () => {
    const id = newId();
    const sent = await later(api, new TallyCommand(id, 3), keyed(id));
    await ended(sent, 'succeeded');
    expect(await operation(sent)).toMatchObject({
      type: 'toy.tally',
      step: 'done',
      resource: { type: 'toy', id, href: `/toys/${id}` },
      principal: 'ada',
      lastEvent: { id: expect.any(Number), eventId: expect.any(String) },
    });
    const [row] = await toy.rows(
      `SELECT o.data, i.body, i.kind FROM kernel.outgoing_commands o JOIN kernel.idempotency i ON i.key = o.id::text`,
    );
    expect(row).toMatchObject({ data: null, kind: 'client', body: JSON.stringify({ id, total: 3, asked: ada }) });
  });

  it('takes effect once for one key, however and wherever it is sent', async () => {
    for (let round = 0; round < 10; round += 1) {
      const id = newId();
      const send = (at: number): Promise<unknown> => {
        const on = at % 3 === 0 ? api : toy;
        return at % 2 === 0 ? later(on, new TallyCommand(id), keyed(id)) : soon(on, new TallyCommand(id), keyed(id));
      };
      await Promise.allSettled(Array.from({ length: 8 }, (_, at) => send(at)));
      await eventually(async () => expect(await counts(id)).toBe(1));
      const rows = await toy.rows(`SELECT FROM kernel.outgoing_commands WHERE state IN ('queued', 'dead-lettered')`);
      if (rows.length > 0) await eventually(async () => expect(await openCount()).toBe(0));
      expect(await counts(id)).toBe(1);
    }
  });

  it('answers a repeat that waits with the command’s own answer, and refuses another payload, also before it', async () => {
    const id = newId();
    broken.add(id);
    const sent = await later(toy, new TallyCommand(id), keyed(id));
    expect(await soon(toy, new TallyCommand(id), keyed(id))).toBe(sent);
    await expect(soon(toy, new TallyCommand(id), keyed(id, 'other'))).rejects.toMatchObject({
      code: 'idempotency-key-reused',
    });
    broken.delete(id);
    await ended(sent, 'succeeded');
    expect(await soon(toy, new TallyCommand(id), keyed(id))).toMatchObject({ id, total: 1 });
    expect(await counts(id)).toBe(1);
  });

  it('without a key is executed once per request', async () => {
    const id = newId();
    await later(toy, new TallyCommand(id));
    await later(toy, new TallyCommand(id));
    await eventually(async () => expect(await counts(id)).toBe(2));
  });

  it('fails by any refusal, and leaves no event of it', async () => {
    const sent = [await later(toy, new TallyCommand(newId(), 5_000)), await later(toy, new TallyCommand(newId(), 0))];
    for (const id of sent) await ended(id, 'failed');
    expect((await operation(sent[0]!)).refusal).toMatchObject({ code: 'toy.limit-reached' });
    expect((await operation(sent[1]!)).refusal).toMatchObject({ code: 'not-found' });
    expect(await toy.events(`command:${sent[0]!}`)).toEqual([]);
  });

  it('is executed at once within another command, and where it has no permanent name', async () => {
    const id = newId();
    const fields = { principal: ada, respondAsync: LATER };
    await toy.inCommand(() => toy.get(CommandBus).execute(new TallyCommand(id)), fields);
    expect(await counts(id)).toBe(1);
  });
});

describe('an operation that can’t be executed', () => {
  it('is dead-lettered with its content, until an operator has it tried again', async () => {
    const id = newId();
    broken.add(id);
    const sent = await later(toy, new TallyCommand(id));
    await useUpTries(sent);
    expect(await operation(sent)).toMatchObject({
      status: 'queued',
      step: 'dead-lettered',
      fault: 'The counter is broken.',
    });
    expect((await toy.get(Operations).open(10)).map((one) => one.id)).toContain(sent);
    broken.delete(id);
    expect(await toy.get(Operations).retry(sent, { by: { id: 'olga' }, reason: 'mended' })).toBe(true);
    await ended(sent, 'succeeded');
    expect(await toy.get(Operations).retry(sent, { by: { id: 'olga' }, reason: undefined })).toBe(false);
    expect(await toy.rows(`SELECT principal, reason FROM kernel.audit WHERE subject = $1`, sent)).toEqual([
      { principal: 'olga', reason: 'mended' },
    ]);
  });

  it('is cancelled by an operator, without its content', async () => {
    const id = newId();
    broken.add(id);
    const sent = await later(toy, new TallyCommand(id));
    await useUpTries(sent);
    expect(await toy.get(Operations).cancel(sent, { by: { id: 'olga' }, reason: 'no use' })).toBe(true);
    expect(await toy.rows('SELECT state, data FROM kernel.outgoing_commands WHERE id = $1', sent)).toEqual([
      { state: 'cancelled', data: null },
    ]);
  });

  it('is given up after the time that keys are kept for, and forgotten after another', async () => {
    const [old, young] = [newId(), newId()];
    const operations: string[] = [];
    for (const id of [old, young]) {
      broken.add(id);
      operations.push(await later(toy, new TallyCommand(id), keyed(id)));
      await useUpTries(operations.at(-1)!);
    }
    const age = (id: string, column: string): Promise<unknown> =>
      toy.rows(`UPDATE kernel.outgoing_commands SET ${column} = now() - interval '8 days' WHERE id = $1`, id);
    await age(operations[0]!, 'created_at');
    await toy.get(Retention).forget();
    expect(await operation(operations[0]!)).toMatchObject({ status: 'cancelled' });
    expect(await operation(operations[1]!)).toMatchObject({ status: 'queued', step: 'dead-lettered' });
    await age(operations[0]!, 'finished_at');
    await toy.get(Retention).forget();
    expect(await toy.get(Operations).find(operations[0]!)).toBeUndefined();
  });
});

describe('waiting for an operation', () => {
  const never = (): AbortSignal => new AbortController().signal;
  const waits = (): OperationWaits => api.get(OperationWaits);

  it('ends with it, also where another process executes it; however many wait ask the database once', async () => {
    const id = newId();
    broken.add(id);
    const sent = await later(toy, new TallyCommand(id));
    let asked = 0;
    const pools = poolsOf(db);
    const query = pools.app.query.bind(pools.app) as (...of: unknown[]) => unknown;
    Object.assign(pools.app, {
      query: (...of: unknown[]) => {
        if (String((of[0] as { text?: string }).text).includes('ANY ($1::uuid[])')) asked += 1;
        return query(...of);
      },
    });
    const other = await ToyApp.start(db, { parts, pools, kernel: { runSubscriptions: false } });
    const begun = Date.now();
    const all = Array.from({ length: 100 }, () => other.get(OperationWaits).until(sent, 60_000, never()));
    await until('the database was asked', () => asked > 1);
    // What else is committed in this process is nothing to ask for.
    for (let n = 0; n < 100; n += 1) await other.run(new TallyCommand(newId()));
    broken.delete(id);
    await Promise.all(all);
    expect((await operation(sent)).status).toBe('succeeded');
    expect(asked).toBeLessThan(10 + (Date.now() - begun) / 50);
    expect(other.get(OperationWaits).count).toBe(0);
    await other.close();
  });

  it('ends with the time, with the client, and with the process; beyond 500 at once', async () => {
    const id = newId();
    const [time, gone] = [waits().until(id, 20, never()), new AbortController()];
    const client = waits().until(id, 60_000, gone.signal);
    await time;
    gone.abort();
    await client;
    const many = Array.from({ length: 500 }, () => waits().until(id, 60_000, never()));
    expect(waits().count).toBe(500);
    await waits().until(id, 60_000, never());
    waits().end();
    await Promise.all(many);
    await waits().until(id, 60_000, never());
    expect(waits().count).toBe(0);
  });
});

/** Sends a command as a client that waits. @returns the result, or the operation's id where it was accepted before. */
async function soon(on: ToyApp, command: object, fields: MessageContextFields): Promise<unknown> {
  return on.run(command, new MessageContext(fields)).catch((error: unknown) => {
    if (isAccepted(error)) return error.operationId;
    throw error;
  });
}

async function openCount(): Promise<number> {
  return (await toy.get(Operations).open(100)).length;
}

/** Tries follow upon each other at once until the last one. */
async function useUpTries(id: string): Promise<void> {
  await eventually(async () => {
    await toy.rows(
      `UPDATE kernel.outgoing_commands SET due_at = now(), attempts = greatest(attempts, 8) WHERE id = $1 AND state = 'queued'`,
      id,
    );
    expect((await operation(id)).step).toBe('dead-lettered');
  });
}
