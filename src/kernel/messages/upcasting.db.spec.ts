import { problemContentOf } from '../../platform/http/problems/error-to-problem.js';
import '../../platform/http/problems/kernel-problems.js';
import { registeredProblem } from '../../platform/http/problems/problem-registry.js';
import { Injectable } from '@nestjs/common';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import { Aggregate, DurableEvent, On, type StoredData } from '#kernel/domain';
import { createToyTables, ToyApp } from '../../../test/support/toy-app.js';
import { commitWork } from '../commands/commit-statement.js';
import { EventSourcedRepository } from '../commands/event-sourced.repository.js';
import { Projection } from '../projections/projection.decorator.js';
import { DeadLetters } from '../subscriptions/dead-letters.js';
import { freshDatabase, type FreshDatabase } from '../../platform/testing/databases.js';
import { eventually } from '../testing/eventually.js';
import { settled } from '../testing/settled.js';
import { newId } from './ids.js';

/** First it had one name; then first and last; today a list of names. */
@DurableEvent('toy.named', 3, {
  upcast: {
    1: ({ name, ...rest }: StoredData) => ({
      ...rest,
      first: (name as string).split(' ')[0],
      last: (name as string).split(' ')[1],
    }),
    2: ({ first, last, ...rest }: StoredData) => ({ ...rest, names: [first, last] }),
  },
})
class Named {
  constructor(
    readonly personId: string,
    readonly names: readonly string[],
  ) {}

  get full(): string {
    return this.names.join(' ');
  }
}

class Person extends Aggregate {
  names: string[] = [];

  name(...names: string[]): void {
    this.record(new Named(this.id, names));
  }

  @On(Named)
  protected named(event: Named): void {
    this.names.push(event.full);
  }
}

@Injectable()
class People extends EventSourcedRepository<Person> {
  protected override readonly streamPrefix = 'toy.person';

  protected override create(id: string): Person {
    return new Person(id);
  }
}

@Entity({ schema: 'toy_read', name: 'people' })
class PersonView {
  @PrimaryColumn('text') personId!: string;
  @Column('text') names!: string;
  @Column('int') version!: number;
  @Column('bigint') eventId!: number;
}

@Entity({ schema: 'toy_read', name: 'people_search' })
class PersonSearchView {
  @PrimaryColumn('text') personId!: string;
  @Column('text') names!: string;
  @Column('int') version!: number;
  @Column('bigint') position!: number;
}

const folded = (row: { names: string } | undefined, event: Named): { personId: string; names: string } => ({
  personId: event.personId,
  names: [...(row === undefined ? [] : [row.names]), event.full].join(', '),
});

@Projection({ name: 'toy.people', version: 1, mode: 'inline', stream: 'toy.person', view: PersonView })
class PersonProjection {
  @On(Named)
  named(row: PersonView | undefined, event: Named): object {
    return folded(row, event);
  }
}

@Projection({ name: 'toy.people-search', version: 1, mode: 'async', view: PersonSearchView })
class PersonSearchProjection {
  @On(Named)
  named(row: PersonSearchView | undefined, event: Named): object {
    return folded(row, event);
  }
}

let db: FreshDatabase;
let toy: ToyApp;

beforeAll(async () => {
  db = await freshDatabase(import.meta.url);
  await createToyTables(
    db,
    `
    CREATE TABLE toy_read.people (person_id text PRIMARY KEY, names text, version int, event_id bigint);
    CREATE TABLE toy_read.people_search (person_id text PRIMARY KEY, names text, version int, position bigint);`,
  );
  const entities = [PersonView, PersonSearchView];
  toy = await ToyApp.start(db, { parts: { entities, providers: [People, PersonProjection, PersonSearchProjection] } });
});
afterAll(async () => {
  await toy.close();
  await db.drop();
});

/** Stores an event as an earlier (or later) release did. */
async function stored(personId: string, schema: number, data: object, version: number): Promise<void> {
  const stream = { tenant: 'default', stream: `toy.person:${personId}` };
  const event = { ...stream, version, last: true, id: newId(), name: 'toy.named', schema };
  await commitWork(
    toy.pools.app,
    {
      keys: [],
      streams: [{ ...stream, mode: version === 1 ? 'none' : 'exact', expected: version - 1, count: 1 }],
      uniques: [],
      events: [{ ...event, data: { personId, ...data }, meta: { actor: { type: 'system', id: 'old' } } }],
    },
    new Map(),
  );
}

const load = (id: string): Promise<string[]> => toy.inCommand(async () => (await toy.get(People).load(id)).names);

describe('events that were stored in older shapes', () => {
  it('are events of today wherever they are read: by aggregates, inline views and async views', async () => {
    const id = newId();
    await stored(id, 1, { name: 'Ada Lovelace' }, 1);
    await stored(id, 2, { first: 'Grace', last: 'Hopper' }, 2);
    await stored(id, 3, { names: ['Edith', 'Clarke'] }, 3);
    expect(await load(id)).toEqual(['Ada Lovelace', 'Grace Hopper', 'Edith Clarke']);

    await toy.inCommand(async () => {
      const person = await toy.get(People).load(id);
      person.name('Mary', 'Keller');
      await toy.get(People).save(person);
    });
    await settled(toy.app);
    const names = 'Ada Lovelace, Grace Hopper, Edith Clarke, Mary Keller';
    expect(await toy.rows('SELECT names, version FROM toy_read.people')).toEqual([{ names, version: 4 }]);
    expect(await toy.rows('SELECT names, version FROM toy_read.people_search')).toEqual([{ names, version: 4 }]);
  });

  it('are left in the log as they were stored', async () => {
    const rows = await toy.rows(
      `SELECT schema_version, data - 'personId' AS data FROM kernel.events WHERE name = 'toy.named' ORDER BY id`,
    );
    expect(rows).toEqual([
      { schema_version: 1, data: { name: 'Ada Lovelace' } },
      { schema_version: 2, data: { first: 'Grace', last: 'Hopper' } },
      { schema_version: 3, data: { names: ['Edith', 'Clarke'] } },
      { schema_version: 3, data: { names: ['Mary', 'Keller'] } },
    ]);
  });
});

describe('an event of a newer release', () => {
  it('makes its stream unreadable, rather than half read', async () => {
    const id = newId();
    await stored(id, 1, { name: 'Ada Lovelace' }, 1);
    await stored(id, 4, { whatever: true }, 2);
    await expect(load(id)).rejects.toMatchObject({
      code: 'unknown-event',
      message: expect.stringContaining("toy.named version 4, which this release doesn't know"),
    });
  });

  it('is answered 503 with Retry-After by a command that needs its stream', async () => {
    const id = newId();
    await stored(id, 4, { whatever: true }, 1);
    const error: unknown = await load(id).catch((thrown: unknown) => thrown);
    const { code } = problemContentOf(error, false);
    expect({ code, ...registeredProblem(code) }).toMatchObject({ code: 'unknown-event', status: 503, retryable: true });
  });

  it('is dead-lettered by views; other streams go on', async () => {
    const [odd, even] = [newId(), newId()];
    await stored(odd, 4, { whatever: true }, 1);
    await stored(even, 3, { names: ['Grace'] }, 1);
    await eventually(async () =>
      expect(await toy.rows('SELECT names FROM toy_read.people_search WHERE person_id = $1', even)).toHaveLength(1),
    );
    await eventually(async () =>
      expect(await toy.get(DeadLetters).find({ key: odd })).toMatchObject([{ state: 'dead-lettered' }]),
    );
    expect(await toy.rows('SELECT FROM toy_read.people_search WHERE person_id = $1', odd)).toEqual([]);
  });
});
