import { LogMemory } from './log-memory.js';
import type { EventRow } from './stored-event.js';
import type { LogPart } from './sql/read-log.js';

const row = (position: number, name = 'a'): EventRow => ({ position, name }) as EventRow;
const part = (after: number, to: number, rows: readonly EventRow[]): LogPart => ({
  after,
  to,
  rows,
  eventId: `event ${to}`,
  afterEventId: `event ${after}`,
});
const positions = (read: LogPart | undefined): unknown => read?.rows.map(({ position }) => position);

let memory: LogMemory;
beforeEach(() => {
  memory = new LogMemory();
  memory.keepOnly(['a', 'b']);
});

describe('the end of the log in memory', () => {
  it('gives the events of some names behind a position, up to the end of the last whole part', () => {
    memory.add(part(4, 7, [row(5), row(6, 'b'), row(7)]), ['a', 'b']);
    memory.add(part(7, 9, [row(8), row(9, 'b')]), ['a', 'b']);
    expect(memory.read(5, 9, ['a'])).toEqual({
      rows: [row(7), row(8)],
      after: 5,
      to: 9,
      eventId: 'event 9',
      afterEventId: undefined,
    });
    expect(memory.read(4, 8, ['a'])).toMatchObject({ to: 7, eventId: 'event 7' });
    expect(memory.read(4, 6, ['a'])).toBeUndefined();
  });

  it('knows nothing before its first part, nor of names that it does not keep', () => {
    memory.add(part(4, 7, [row(5)]), ['a', 'b']);
    expect(memory.read(3, 7, ['a'])).toBeUndefined();
    expect(memory.read(4, 7, ['c'])).toBeUndefined();
  });

  it('begins anew where a part does not go on where the last one ends', () => {
    memory.add(part(4, 7, [row(5)]), ['a', 'b']);
    memory.add(part(9, 12, [row(10)]), ['a', 'b']);
    expect(memory.read(4, 12, ['a'])).toBeUndefined();
    expect(positions(memory.read(9, 12, ['a']))).toEqual([10]);
  });

  it('does not take a part that was read without a name that is kept by now', () => {
    memory.keepOnly(['a', 'b', 'c']);
    memory.add(part(4, 7, [row(5)]), ['a', 'b']);
    expect(memory.read(4, 7, ['a'])).toBeUndefined();
    memory.add(part(7, 8, [row(8, 'c')]), ['a', 'b', 'c']);
    expect(positions(memory.read(7, 8, ['c']))).toEqual([8]);
  });

  it('keeps what it has when fewer names are kept, or the same ones', () => {
    memory.add(part(4, 7, [row(5)]), ['a', 'b']);
    memory.keepOnly(['b', 'a']);
    memory.keepOnly(['a']);
    expect(positions(memory.read(4, 7, ['a']))).toEqual([5]);
  });

  it('drops parts that end more than its size before the last one', () => {
    memory.add(part(0, 10, [row(5)]), ['a', 'b']);
    memory.add(part(10, 10 + LogMemory.size, [row(20)]), ['a', 'b']);
    expect(memory.read(0, 10 + LogMemory.size, ['a'])).toBeUndefined();
    expect(positions(memory.read(10, 10 + LogMemory.size, ['a']))).toEqual([20]);
  });
});
