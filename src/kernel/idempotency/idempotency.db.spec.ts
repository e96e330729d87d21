import { CommandBus } from '@nestjs/cqrs';
import pg from 'pg';
import { CountCommand, LimitReached, Noticed, streamOf } from '../../../test/support/toys.js';
import { createToyTables, RunCommand, ToyApp } from '../../../test/support/toy-app.js';
import { newId } from '../messages/ids.js';
import { MessageContext, messageContext, type MessageContextFields } from '../messages/message-context.js';
import { freshDatabase, type FreshDatabase } from '../../platform/testing/databases.js';
import { until } from '../testing/until.js';
import { EventStreams } from '../commands/event-streams.js';
import { forgetOldKeys } from './idempotency.js';
import { CommandPipeline } from '../commands/command-pipeline.js';

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

const keyed = (key: string, more: { fingerprint?: string } & MessageContextFields = {}): MessageContext => {
  const { fingerprint = 'as ever', ...fields } = more;
  return new MessageContext({ ...fields, idempotency: { key, operation: 'POST /counters', fingerprint } });
};
const effects = async (id: string): Promise<number> => (await toy.events(streamOf(id))).length;

describe('a key', () => {
  it('has one effect and one answer, byte for byte, for a hundred requests at once', async () => {
    const id = newId();
    const contexts = Array.from({ length: 100 }, () => keyed(id));
    const answers = await Promise.all(contexts.map((context) => toy.run(new CountCommand(id, 5), context)));

    expect(new Set(answers.map((answer) => JSON.stringify(answer)))).toEqual(new Set(['{"version":1,"total":5}']));
    expect(await effects(id)).toBe(1);
    expect(contexts.filter(({ outcome }) => !outcome.replayed)).toHaveLength(1);
    expect(new Set(contexts.map(({ outcome }) => outcome.lastEvent?.eventId)).size).toBe(1);
  });

  it('gives the stored answer to a later request, as JSON gave it the first time', async () => {
    const [id, key] = [newId(), newId()];
    const answer = { b: 1, a: [null, 'ü', 0.1], at: new Date(0), nothing: undefined };
    const first = await toy.inCommand(() => answer, keyed(key));
    const context = keyed(key);
    const again = await toy.run(new CountCommand(id, 1), context);

    expect(JSON.stringify(again)).toBe(JSON.stringify(answer));
    expect(JSON.stringify(again)).toBe(JSON.stringify(first));
    expect(context.outcome).toEqual({ replayed: true, lastEvent: undefined });
    expect(await effects(id)).toBe(0);
  });

  describe('that one command of a message has used', () => {
    const saysWhatToDo = /execute.*one command.*inside the handler of the first.*withoutKey/is;
    const second = (id: string) => toy.app.get(CommandBus).execute(new CountCommand(id, 20));
    const within = (work: () => Promise<unknown>): Promise<unknown> => messageContext.run(keyed(newId()), work);

    it('answers for no second command: it is refused, not answered with the first one’s result', async () => {
      const [first, other] = [newId(), newId()];
      const result = within(async () => {
        await toy.app.get(CommandBus).execute(new CountCommand(first, 1));
        return second(other);
      });
      await expect(result).rejects.toThrow(saysWhatToDo);
      expect([await effects(first), await effects(other)]).toEqual([1, 0]);
    });

    it('answers for one of two commands that are started side by side', async () => {
      const [first, other] = [newId(), newId()];
      const ends = await messageContext.run(keyed(newId()), () =>
        Promise.allSettled([toy.app.get(CommandBus).execute(new CountCommand(first, 1)), second(other)]),
      );
      expect(ends).toMatchObject([{ status: 'fulfilled' }, { status: 'rejected' }]);
      expect([await effects(first), await effects(other)]).toEqual([1, 0]);
    });

    it.each<[string, () => unknown]>([
      [
        'was refused',
        () => {
          throw new LimitReached(1);
        },
      ],
      [
        'failed',
        () => {
          throw new Error('broken');
        },
      ],
    ])('answers for no second command when the first one %s', async (_, work) => {
      const other = newId();
      const result = within(async () => {
        await Promise.allSettled([toy.app.get(CommandBus).execute(new RunCommand(work))]);
        return second(other);
      });
      await expect(result).rejects.toThrow(saysWhatToDo);
      expect(await effects(other)).toBe(0);
    });

    it('answers for no unit of work of a route after it', async () => {
      const result = within(async () => {
        await second(newId());
        return toy.get(CommandPipeline).run('ToyController.change', async () => 'changed');
      });
      await expect(result).rejects.toThrow(saysWhatToDo);
    });

    it('answers for commands that the first one executes, and leaves those without the key alone', async () => {
      const [joined, before, after] = [newId(), newId(), newId()];
      await within(async () => {
        await messageContext.withoutKey(() => second(before));
        await toy.app.get(CommandBus).execute(new RunCommand(() => second(joined)));
        await messageContext.withoutKey(() => second(after));
      });
      expect([await effects(joined), await effects(before), await effects(after)]).toEqual([1, 1, 1]);
    });
  });

  it('is refused with another payload', async () => {
    const id = newId();
    await toy.run(new CountCommand(id, 5), keyed(id));
    const other = toy.run(new CountCommand(id, 6), keyed(id, { fingerprint: 'another' }));
    await expect(other).rejects.toMatchObject({ code: 'idempotency-key-reused' });
    expect(await effects(id)).toBe(1);
  });

  it('is refused with another payload also while the first request commits', async () => {
    const id = newId();
    const ends = await Promise.allSettled(
      ['one', 'other'].map((fingerprint) => toy.run(new CountCommand(id, 5), keyed(id, { fingerprint }))),
    );
    expect(ends.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    expect(ends.find(({ status }) => status === 'rejected')).toMatchObject({
      reason: { code: 'idempotency-key-reused' },
    });
    expect(await effects(id)).toBe(1);
  });

  it.each<[string, MessageContextFields]>([
    ['principal', { principal: { id: 'grace', roles: [] } }],
    ['tenant', { tenant: 'other' }],
  ])('of another %s is another key', async (_, fields) => {
    const [id, key] = [newId(), newId()];
    await toy.run(new CountCommand(id, 1), keyed(key));
    await toy.run(new CountCommand(`${id}-other`, 1), keyed(key, fields));
    expect(await effects(id)).toBe(1);
    expect(await effects(`${id}-other`)).toBe(1);
  });

  it('stores a refusal of the business and gives it to every repeat', async () => {
    const [id, key] = [newId(), newId()];
    const refusal = { code: 'toy.limit-reached', message: 'A counter ends at 1000. Clear it first.' };
    await expect(toy.run(new CountCommand(id, 5_000), keyed(key))).rejects.toMatchObject(refusal);
    const context = keyed(key);
    const again = toy.run(new CountCommand(id, 1), context);
    await expect(again).rejects.toMatchObject(refusal);
    await expect(again.catch((error: { facts(): object }) => error.facts())).resolves.toEqual({ limit: 1_000 });
    expect(context.outcome.replayed).toBe(true);
    expect(await effects(id)).toBe(0);
  });

  it('gives one refusal to a hundred requests at once', async () => {
    const id = newId();
    const ends = await Promise.allSettled(
      Array.from({ length: 100 }, () => toy.run(new CountCommand(id, 5_000), keyed(id))),
    );
    expect(new Set(ends.map((end) => (end as { reason: { code: string } }).reason.code))).toEqual(
      new Set(['toy.limit-reached']),
    );
    expect(await toy.rows('SELECT FROM kernel.idempotency WHERE key = $1', id)).toHaveLength(1);
  });

  it('stays free after what depends on the moment: not found, version mismatch', async () => {
    const id = newId();
    await expect(toy.run(new CountCommand(id, 1, 'plain', 1), keyed(id))).rejects.toMatchObject({ code: 'not-found' });
    await toy.run(new CountCommand(id, 1));
    await expect(toy.run(new CountCommand(id, 1, 'plain', 7), keyed(id))).rejects.toMatchObject({
      code: 'version-mismatch',
      currentVersion: 1,
    });
    expect(await toy.run(new CountCommand(id, 1, 'plain', 1), keyed(id))).toEqual({ version: 2, total: 2 });
  });

  it('stays free after a fault', async () => {
    const id = newId();
    await expect(toy.inCommand(() => Promise.reject(new Error('a fault')), keyed(id))).rejects.toThrow('a fault');
    expect(await toy.run(new CountCommand(id, 1), keyed(id))).toEqual({ version: 1, total: 1 });
  });

  it('answers a repeat that names a version (If-Match) as the first time, although the version has moved', async () => {
    const [id, key] = [newId(), newId()];
    await toy.run(new CountCommand(id, 1));
    const change = new CountCommand(id, 1, 'plain', 1);
    expect(await toy.run(change, keyed(key))).toEqual({ version: 2, total: 2 });
    expect(await toy.run(change, keyed(key))).toEqual({ version: 2, total: 2 });
    await expect(toy.run(change, keyed(newId()))).rejects.toMatchObject({ code: 'version-mismatch' });
    expect(await effects(id)).toBe(2);
  });

  it.each<[string, 'any' | 'none']>([
    ['expects nothing of', 'any'],
    ['begins', 'none'],
  ])('tells a repeat the last event of the first, whose command %s its streams', async (_, expected) => {
    const key = newId();
    const publish = (): void => {
      for (const part of ['b', 'a', 'c']) {
        const stream = `toy.note:${key}-${part}`;
        toy.get(EventStreams).append({ stream, events: [new Noticed(part), new Noticed(part)], expected });
      }
    };
    const [first, again] = [keyed(key), keyed(key)];
    await toy.inCommand(publish, first);
    await toy.inCommand(publish, again);
    expect(first.outcome.lastEvent).toEqual({ id: expect.any(Number), eventId: expect.any(String) });
    expect(again.outcome).toEqual({ replayed: true, lastEvent: first.outcome.lastEvent });
  });
});

describe('a key whose first request is under way', () => {
  /** Holds the row of a key, as a commit does that has begun and not ended. */
  async function underWay(key: string): Promise<{ end(how: 'COMMIT' | 'ROLLBACK'): Promise<void> }> {
    const first = new pg.Client(db.url);
    await first.connect();
    await first.query('BEGIN');
    await first.query(
      `INSERT INTO kernel.idempotency (tenant, principal, operation, key, fingerprint, kind, command_id, outcome, body)
       VALUES ('default', 'waybill', 'POST /counters', $1, 'as ever', 'client', gen_random_uuid(), 'result', '{"of":"the first"}')`,
      [key],
    );
    return {
      end: async (how) => {
        await first.query(how);
        await first.end();
      },
    };
  }
  const someoneWaits = async (): Promise<boolean> => {
    const waiting = await toy.rows(
      `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE 'WITH c AS%'`,
    );
    return waiting.length > 0;
  };
  const untilItWaits = (): Promise<void> => until('a commit waits for the key', someoneWaits);

  it('gives the answer of the first as soon as it is there', async () => {
    const id = newId();
    const first = await underWay(id);
    const second = toy.run(new CountCommand(id, 1), keyed(id));
    await untilItWaits();
    await first.end('COMMIT');
    expect(await second).toEqual({ of: 'the first' });
    expect(await effects(id)).toBe(0);
  });

  it('is run when the first was rolled back', async () => {
    const id = newId();
    const first = await underWay(id);
    const second = toy.run(new CountCommand(id, 1), keyed(id));
    await untilItWaits();
    await first.end('ROLLBACK');
    expect(await second).toEqual({ version: 1, total: 1 });
  });

  it('is told to come again after a second', async () => {
    const id = newId();
    const first = await underWay(id);
    const asked = Date.now();
    await expect(toy.run(new CountCommand(id, 1), keyed(id))).rejects.toMatchObject({ code: 'request-in-progress' });
    expect(Date.now() - asked).toBeGreaterThanOrEqual(900);
    expect(Date.now() - asked).toBeLessThan(3_000);
    await first.end('ROLLBACK');
    expect(await toy.run(new CountCommand(id, 1), keyed(id))).toEqual({ version: 1, total: 1 });
  });
});

describe('keys that are older than the retention', () => {
  it('are forgotten in batches, except those of the system', async () => {
    const age = (kind: string): Promise<unknown> =>
      toy.rows(
        `INSERT INTO kernel.idempotency (tenant, principal, operation, key, kind, command_id, outcome, body, created_at)
         SELECT 'old', 'p', 'o', $1 || n, $1, gen_random_uuid(), 'result', '1', now() - interval '8 days' FROM generate_series(1, 3) n`,
        kind,
      );
    for (const kind of ['client', 'kernel', 'system']) await age(kind);
    const fresh = await toy.rows("SELECT FROM kernel.idempotency WHERE tenant <> 'old'");

    expect(await forgetOldKeys(toy.pools.app, 7, 4)).toBe(4);
    expect(await forgetOldKeys(toy.pools.app, 7, 4)).toBe(2);
    expect(await forgetOldKeys(toy.pools.app, 7, 4)).toBe(0);
    expect(await toy.rows("SELECT kind FROM kernel.idempotency WHERE tenant = 'old'")).toHaveLength(3);
    expect(await toy.rows("SELECT FROM kernel.idempotency WHERE tenant <> 'old'")).toHaveLength(fresh.length);
  });
});
