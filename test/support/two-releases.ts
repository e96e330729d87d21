import type { Type } from '@nestjs/common';
import { EventsHandler, type IEventHandler } from '@nestjs/cqrs';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import { DurableEvent, On } from '#kernel/domain';
import { EventStreams } from '../../src/kernel/commands/event-streams.js';
import { definitionOf } from '../../src/kernel/domain/durable-event.js';
import { EventRegistry } from '../../src/kernel/messages/event-registry.js';
import { Projection } from '../../src/kernel/projections/projection.decorator.js';
import { Subscription } from '../../src/kernel/subscriptions/subscription.decorator.js';
import type { ToySettings } from './toy-app.js';
import { Noticed } from './toys.js';

/** Things go from place to place: a row per thing, named in every event, and a row per place, found by code. */
@Entity({ schema: 'toy_read', name: 'things' })
class ThingView {
  @PrimaryColumn('text') thingId!: string;
  @Column('text') trace!: string;
}
@Entity({ schema: 'toy_read', name: 'places' })
export class PlaceView {
  @PrimaryColumn('text') place!: string;
  @Column('text') trace!: string;
}
const onto = (row: { readonly trace: string } | undefined, step: number): string => `${row?.trace ?? ''} ${step}`;
/** What the handlers of both releases do: they note each step on a stream of the thing's own. */
const note = (streams: EventStreams, { thingId, step }: { thingId: string; step: number }): void =>
  streams.append({ stream: `toy.noted:${thingId}`, events: [new Noticed(String(step))] });

@DurableEvent('toy.moved', 1)
class MovedBefore {
  constructor(
    readonly thingId: string,
    readonly at: string,
    readonly step: number,
  ) {}
}
@Projection({ name: 'toy.things', version: 1, mode: 'async', view: ThingView, partitions: 4 })
class ThingsBefore {
  @On(MovedBefore)
  moved(row: ThingView | undefined, { thingId, step }: MovedBefore): ThingView {
    return { thingId, trace: onto(row, step) };
  }
}
@Projection({ name: 'toy.places', version: 1, mode: 'async', view: PlaceView, partitions: 4 })
class PlacesBefore {
  keys({ at }: MovedBefore): { place: string } {
    return { place: at };
  }

  @On(MovedBefore)
  moved(row: PlaceView | undefined, { at, step }: MovedBefore): PlaceView {
    return { place: at, trace: onto(row, step) };
  }
}
@EventsHandler(MovedBefore)
@Subscription('toy.watch', { startFrom: 'beginning', partitions: 4 })
class WatchBefore implements IEventHandler<MovedBefore> {
  constructor(private readonly streams: EventStreams) {}

  handle(event: MovedBefore): void {
    note(this.streams, event);
  }
}

/** The next release: an event has changed its shape, and there is a new one. */
@DurableEvent('toy.moved', 2, { upcast: { 1: ({ at, ...rest }) => ({ ...rest, where: at }) } })
class Moved {
  constructor(
    readonly thingId: string,
    readonly where: string,
    readonly step: number,
  ) {}
}
@DurableEvent('toy.painted', 1)
class Painted {
  constructor(
    readonly thingId: string,
    readonly where: string,
    readonly step: number,
  ) {}
}
@Projection({ name: 'toy.things', version: 1, mode: 'async', view: ThingView, partitions: 4 })
class Things {
  @On(Moved)
  moved(row: ThingView | undefined, { thingId, step }: Moved): ThingView {
    return { thingId, trace: onto(row, step) };
  }

  @On(Painted)
  painted(row: ThingView | undefined, { thingId, step }: Painted): ThingView {
    return { thingId, trace: onto(row, step) };
  }
}
@Projection({ name: 'toy.places', version: 1, mode: 'async', view: PlaceView, partitions: 4 })
class Places {
  keys({ where }: Moved | Painted): { place: string } {
    return { place: where };
  }

  @On(Moved)
  moved(row: PlaceView | undefined, { where, step }: Moved): PlaceView {
    return { place: where, trace: onto(row, step) };
  }

  @On(Painted)
  painted(row: PlaceView | undefined, { where, step }: Painted): PlaceView {
    return { place: where, trace: onto(row, step) };
  }
}
@EventsHandler(Moved, Painted)
@Subscription('toy.watch', { startFrom: 'beginning', partitions: 4 })
class Watch implements IEventHandler<Moved | Painted> {
  constructor(private readonly streams: EventStreams) {}

  handle(event: Moved | Painted): void {
    note(this.streams, event);
  }
}

const entities = [ThingView, PlaceView];
const knowing = (...types: Type<object>[]): EventRegistry =>
  new EventRegistry(types.map((type) => definitionOf(type)!));
/** Two releases of one context, which differ in an event's shape and in an event that only the second one has. */
export const BEFORE: ToySettings = {
  parts: { entities, providers: [ThingsBefore, PlacesBefore, WatchBefore] },
  events: knowing(MovedBefore),
};
/** Knows the new event, and subscribes it nowhere. */
export const BETWEEN: ToySettings = { ...BEFORE, events: knowing(MovedBefore, Painted) };
export const NEXT: ToySettings = {
  parts: { entities, providers: [Things, Places, Watch] },
  events: knowing(Moved, Painted),
};

export const TWO_RELEASES_TABLES = `
  CREATE TABLE toy_read.things (thing_id text PRIMARY KEY, trace text);
  CREATE TABLE toy_read.places (place text PRIMARY KEY, trace text);`;
