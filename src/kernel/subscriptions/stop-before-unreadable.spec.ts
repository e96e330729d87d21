import type { EventRow } from '../event-log/stored-event.js';
import type { LogPart } from '../event-log/sql/read-log.js';
import { Batches } from './batches.js';
import { OwnedPartitions } from './owned-partitions.js';

const row = (position: number): EventRow =>
  ({ position, event_id: `event ${position}`, name: 'toy.moved' }) as unknown as EventRow;

/** A view with keys of its own, that reads two events and then one that this release can't read. */
function batchesThatStop(): { batches: Batches; did: string[] } {
  const did: string[] = [];
  const owned = {
    stallBefore: ({ position }: { position: number }) => {
      did.push(`stalled before ${position}`);
      return { partitions: [0], guard: {} };
    },
    reach: ({ position }: { position: number }) => did.push(`reached ${position}`),
  };
  const decoder = {
    decode: ({ position }: EventRow) =>
      position === 3
        ? { kind: 'unreadable', keys: undefined, error: new Error('unknown') }
        : { kind: 'event', keys: ['k'] },
  };
  const subscriber = {
    name: 'toy.places',
    kind: 'async',
    batchSize: Infinity,
    apply: async () => void did.push('applied'),
  };
  const stalled = { stallBefore: async () => undefined, forgetPassed: async () => undefined };
  const parts = { owned, decoder, stalled, failed: {}, isStopping: () => true, isFault: async () => false };
  const through = { pools: {}, progress: { failedEventsChanged: () => undefined } };
  const given = [subscriber, parts, through] as unknown as ConstructorParameters<typeof Batches>;
  return { batches: new Batches(...given), did };
}

it('a worker that stops before it has handled what it read moves no checkpoint to the event that it can’t read', async () => {
  const { batches, did } = batchesThatStop();
  const part = { rows: [row(1), row(2), row(3)], after: 0, to: 3, eventId: 'event 3' } as unknown as LogPart;
  await batches.run(part);
  expect(did).toEqual([]);
});

describe('a part of the log', () => {
  const owned = new OwnedPartitions({ name: 'toy.places', version: 1, run: '' }, {} as never);
  owned.reach({ position: 7, eventId: 'seven' });

  it('is taken where it begins behind the event that was looked at last, or where nothing is known of that place', () => {
    expect(owned.isContinuedBy({ after: 7, afterEventId: 'seven' })).toBe(true);
    expect(owned.isContinuedBy({ after: 5, afterEventId: 'five' })).toBe(true);
    expect(owned.isContinuedBy({ after: 7, afterEventId: undefined })).toBe(true);
  });

  it('is not taken where another event stands at that place: the log was rewound', () => {
    expect(owned.isContinuedBy({ after: 7, afterEventId: 'another' })).toBe(false);
  });
});
