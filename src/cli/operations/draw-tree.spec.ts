import type { CausationCommand, CausationEvent } from '../../platform/operations/reports/causation.dto.js';
import { drawTree } from './draw-tree.js';

const at = '2026-11-23T12:00:00.000Z';
const command = (name: string | null, ...events: CausationEvent[]): CausationCommand => ({
  commandId: 'c-1',
  name,
  correlationId: 'wish',
  at,
  actor: { type: 'customer', id: 'ada' },
  events,
});
const event = (name: string, more: Partial<CausationEvent> = {}): CausationEvent => ({
  eventId: name,
  position: 7,
  stream: 'toy.counter:1',
  version: 2,
  name,
  at,
  failedIn: [],
  reactions: [],
  ...more,
});

describe('a drawn tree', () => {
  it('hangs events below commands and reactions below events', () => {
    const reaction = command('toy.echo', event('echoed', { position: null }));
    const failed = { subscription: 'toy.search', state: 'dead-lettered', attempts: 10, error: 'too\nnarrow' } as const;
    const root = command(
      'CountCommand',
      event('counted', { reactions: [reaction], failedIn: [failed] }),
      event('cleared'),
    );
    const tree = { correlationIds: ['wish'], eventCount: 3, isComplete: true, roots: [root, command(null)] };
    expect(drawTree(tree)).toEqual([
      '3 events of 1 request',
      '',
      'CountCommand  by customer ada  2026-11-23 12:00:00.000',
      '├─ counted  toy.counter:1@2  position 7',
      '│  │ ✖ dead-lettered in toy.search after 10 tries: too narrow',
      '│  └─ toy.echo  by customer ada  2026-11-23 12:00:00.000',
      '│     └─ echoed  toy.counter:1@2  no position yet',
      '└─ cleared  toy.counter:1@2  position 7',
      '',
      'command c-1  by customer ada  2026-11-23 12:00:00.000',
    ]);
  });

  it('says where it ends too early', () => {
    const tree = { correlationIds: ['a', 'b'], eventCount: 1_000, isComplete: false, roots: [] };
    expect(drawTree(tree)).toEqual(['1,000 events of 2 requests, and more not shown']);
  });
});
