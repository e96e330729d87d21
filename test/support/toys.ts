import { Injectable } from '@nestjs/common';
import { CommandHandler, QueryHandler, type ICommandHandler, type IQueryHandler } from '@nestjs/cqrs';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import { Aggregate, DurableEvent, On, Refusal } from '#kernel/domain';
import { EventSourcedRepository } from '../../src/kernel/commands/event-sourced.repository.js';
import { StateRepository } from '../../src/kernel/commands/state.repository.js';
import { Projection, totals } from '../../src/kernel/projections/projection.decorator.js';
import { ReadSql } from '../../src/kernel/consistency/read-sql.js';
import { ReadsFrom } from '../../src/kernel/consistency/reads-from.js';

/** A context that is as small as it can be and still has everything: the specs of the kernel play with it. */

@DurableEvent('toy.counted', 1)
export class Counted {
  constructor(
    readonly counterId: string,
    readonly by: number,
    readonly kind = 'plain',
  ) {}
}

@DurableEvent('toy.cleared', 1)
export class Cleared {
  constructor(readonly counterId: string) {}
}

@DurableEvent('toy.filled', 1)
export class Filled {
  constructor(
    readonly boxId: string,
    readonly by: number,
  ) {}
}

/** Nobody folds it. */
@DurableEvent('toy.noticed', 1)
export class Noticed {
  constructor(readonly what: string) {}
}

export class LimitReached extends Refusal {
  override readonly code = 'toy.limit-reached';

  constructor(readonly limit: number) {
    super(`A counter ends at ${limit}. Clear it first.`);
  }
}

export const LIMIT = 1_000;

export class Counter extends Aggregate {
  total = 0;

  count(by: number, kind?: string): void {
    if (this.total + by > LIMIT) throw new LimitReached(LIMIT);
    this.record(new Counted(this.id, by, kind));
  }

  clear(): void {
    this.record(new Cleared(this.id));
  }

  @On(Counted)
  protected counted({ by }: Counted): void {
    this.total += by;
  }

  @On(Cleared)
  protected cleared(): void {
    this.total = 0;
  }
}

@Injectable()
export class Counters extends EventSourcedRepository<Counter> {
  protected override readonly streamPrefix = 'toy.counter';

  protected override create(id: string): Counter {
    return new Counter(id);
  }

  async findOrNew(id: string): Promise<Counter> {
    return (await this.find(id)) ?? new Counter(id);
  }
}

export const streamOf = (id: string): string => `toy.counter:${id}`;

export class CountCommand {
  constructor(
    readonly id: string,
    readonly by: number,
    readonly kind?: string,
    readonly ifVersion?: number,
  ) {}
}

@CommandHandler(CountCommand)
export class CountHandler implements ICommandHandler<CountCommand> {
  constructor(private readonly counters: Counters) {}

  async execute({ id, by, kind, ifVersion }: CountCommand): Promise<{ version: number; total: number }> {
    const counter =
      ifVersion === undefined ? await this.counters.findOrNew(id) : await this.counters.load(id, { ifVersion });
    counter.count(by, kind);
    return { version: await this.counters.save(counter), total: counter.total };
  }
}

@Entity({ schema: 'toy_read', name: 'counters' })
export class CounterView {
  @PrimaryColumn('text') counterId!: string;
  @Column('bigint') total!: number;
  @Column('int') version!: number;
  @Column('bigint') eventId!: number;
}

@Projection({ name: 'toy.counters', version: 1, mode: 'inline', stream: 'toy.counter', view: CounterView })
export class CounterProjection {
  @On(Counted)
  counted(row: CounterView | undefined, { counterId, by }: Counted): Partial<CounterView> {
    return { counterId, total: (row?.total ?? 0) + by };
  }

  @On(Cleared)
  cleared(): undefined {
    return undefined;
  }
}

@Entity({ schema: 'toy_read', name: 'counter_search' })
export class CounterSearchView {
  @PrimaryColumn('text') counterId!: string;
  @Column('bigint') total!: number;
  @Column('text', { array: true }) kinds!: string[];
  @Column('jsonb') last!: { by: number };
  @Column('int') version!: number;
  @Column('bigint') position!: number;
}

/** Sums over all counters, by the kind of their latest count. */
@Entity({ schema: 'toy_read', name: 'kind_totals' })
export class KindTotalsView {
  @PrimaryColumn('text') kind!: string;
  @Column('bigint') total!: number;
  @Column('bigint') counters!: number;
  @Column('text') label!: string | null;
}

@Projection({
  name: 'toy.counter-search',
  version: 1,
  mode: 'async',
  view: CounterSearchView,
  totals: [
    totals<CounterSearchView>({
      view: KindTotalsView,
      contribute: ({ counterId, kinds, total }) => [
        { key: { kind: kinds.at(-1)! }, amounts: { total, counters: 1 }, labels: { label: counterId } },
      ],
    }),
  ],
})
export class CounterSearchProjection {
  @On(Counted)
  counted(row: CounterSearchView | undefined, { counterId, by, kind }: Counted): Partial<CounterSearchView> {
    return { counterId, total: (row?.total ?? 0) + by, kinds: [...(row?.kinds ?? []), kind], last: { by } };
  }

  @On(Cleared)
  cleared(): undefined {
    return undefined;
  }
}

export class GetCounterQuery {
  constructor(readonly id: string) {}
}

@QueryHandler(GetCounterQuery)
@ReadsFrom(CounterSearchView, { key: ({ id }: GetCounterQuery) => id })
export class GetCounterHandler implements IQueryHandler<GetCounterQuery> {
  constructor(private readonly sql: ReadSql) {}

  async execute({ id }: GetCounterQuery): Promise<{ total: number } | undefined> {
    const rows = await this.sql.query<{ total: number }>({
      text: 'SELECT total FROM toy_read.counter_search WHERE counter_id = $1',
      values: [id],
    });
    return rows[0];
  }
}

export class ListCountersQuery {}

@QueryHandler(ListCountersQuery)
@ReadsFrom(CounterSearchView)
export class ListCountersHandler implements IQueryHandler<ListCountersQuery> {
  constructor(private readonly sql: ReadSql) {}

  execute(): Promise<{ counterId: string; total: number }[]> {
    return this.sql.query({ text: 'SELECT counter_id AS "counterId", total FROM toy_read.counter_search ORDER BY 1' });
  }
}

export class GetKindTotalQuery {
  constructor(readonly kind: string) {}
}

@QueryHandler(GetKindTotalQuery)
@ReadsFrom(KindTotalsView, { key: ({ kind }: GetKindTotalQuery) => kind })
export class GetKindTotalHandler implements IQueryHandler<GetKindTotalQuery> {
  constructor(private readonly sql: ReadSql) {}

  execute({ kind }: GetKindTotalQuery): Promise<{ total: number }[]> {
    return this.sql.query({ text: 'SELECT total FROM toy_read.kind_totals WHERE kind = $1', values: [kind] });
  }
}

/** Counts as a counter does. */
export class Box extends Aggregate {
  total = 0;

  count(by: number): void {
    this.record(new Filled(this.id, by));
  }

  @On(Filled)
  protected filled({ by }: Filled): void {
    this.total += by;
  }
}

/** A box is kept as a row. */
@Entity({ schema: 'toy', name: 'boxes' })
export class BoxEntity {
  @PrimaryColumn('text') id!: string;
  @Column('bigint') total!: number;
  @Column('int') version!: number;
}

@Injectable()
export class Boxes extends StateRepository<Box, BoxEntity> {
  protected override readonly streamPrefix = 'toy.box';
  protected override readonly entity = BoxEntity;

  protected override toRow({ id, total }: Box): Omit<BoxEntity, 'version'> {
    return { id, total };
  }

  protected override fromRow({ id, total }: BoxEntity): Box {
    return Object.assign(new Box(id), { total });
  }
}

@Entity({ schema: 'toy_read', name: 'boxes' })
export class BoxView {
  @PrimaryColumn('text') boxId!: string;
  @Column('bigint') total!: number;
  @Column('int') version!: number;
}

@Projection({ name: 'toy.boxes', version: 1, mode: 'inline', stream: 'toy.box', view: BoxView })
export class BoxProjection {
  @On(Filled)
  filled(row: BoxView | undefined, { boxId, by }: Filled): Partial<BoxView> {
    return { boxId, total: (row?.total ?? 0) + by };
  }
}

export const TABLES = `
  CREATE SCHEMA toy;
  CREATE SCHEMA toy_read;
  CREATE SCHEMA toy_private;
  CREATE TABLE toy.boxes (id text PRIMARY KEY, total bigint NOT NULL, version int NOT NULL);
  CREATE TABLE toy_private.personal_data
    (subject text PRIMARY KEY, data jsonb NOT NULL, updated_at timestamptz NOT NULL DEFAULT clock_timestamp());
  CREATE TABLE toy_read.counters
    (counter_id text PRIMARY KEY, total bigint NOT NULL, version int NOT NULL, event_id bigint NOT NULL);
  CREATE TABLE toy_read.boxes (box_id text PRIMARY KEY, total bigint NOT NULL, version int NOT NULL);
  CREATE TABLE toy_read.counter_search
    (counter_id text PRIMARY KEY, total bigint NOT NULL, kinds text[] NOT NULL, last jsonb NOT NULL,
     version int NOT NULL, position bigint NOT NULL);
  CREATE TABLE toy_read.kind_totals
    (kind text PRIMARY KEY, total bigint NOT NULL DEFAULT 0, counters bigint NOT NULL DEFAULT 0, label text);
`;
