import type { EventRow } from '../../../kernel/event-log/stored-event.js';
import { growTree } from './grow-tree.js';

const at = '2026-11-23T12:00:00.000Z';

/** An event of a command, and what that command reacted to. */
function event(id: number, commandId: string, causationId: string | null = null): EventRow {
  const actor = { type: 'system', id: 'waybill' } as const;
  return {
    id,
    position: id,
    event_id: `event-${id}`,
    tenant: 'default',
    stream_id: `toy.counter:${id}`,
    version: 1,
    name: 'toy.counted',
    schema_version: 1,
    data: {},
    meta: { occurredAt: at, commandId, correlationId: 'request', causationId, actor },
    recorded_at: at,
  };
}

/** The tree in one line: command[event[command[event]]]. */
function drawn(events: readonly EventRow[]): string {
  type Command = ReturnType<typeof growTree>[number];
  const command = ({ commandId, events: own }: Command): string =>
    `${commandId}[${own.map(({ eventId, reactions }) => [eventId, ...reactions.map(command)].join(' ')).join(', ')}]`;
  return growTree(events, { commands: [], failed: [] }).map(command).join(' ');
}

describe('a causation tree', () => {
  it('has the events of one command together, and reactions below what they reacted to', () => {
    expect(
      drawn([
        event(1, 'place'),
        event(2, 'place'),
        event(3, 'reserve', 'event-1'),
        event(4, 'charge', 'event-2'),
        event(5, 'ship', 'event-3'),
      ]),
    ).toBe('place[event-1 reserve[event-3 ship[event-5]], event-2 charge[event-4]]');
  });

  it('begins anew where the cause is not among the events', () => {
    expect(drawn([event(1, 'place'), event(9, 'ship', 'event-7')])).toBe('place[event-1] ship[event-9]');
  });

  it('names commands, without the event that a reaction was about, and says what holds an event back', () => {
    const operation = 'toy.echo:01980000-0000-7000-8000-000000000001';
    const failed = {
      eventId: 1,
      subscription: 'toy.search',
      state: 'dead-lettered',
      attempts: 10,
      error: 'no',
    } as const;
    const [root] = growTree([event(1, 'place')], { commands: [{ commandId: 'place', operation }], failed: [failed] });
    expect(root).toMatchObject({ name: 'toy.echo', correlationId: 'request', at });
    expect(root!.events[0]!.failedIn).toEqual([
      { subscription: 'toy.search', state: 'dead-lettered', attempts: 10, error: 'no' },
    ]);
  });
});
