import { Counted, Counter, Noticed } from '../../../test/support/toys.js';
import { Aggregate, On, reactionsOf } from './index.js';

describe('an aggregate', () => {
  it('decides by recording events, which change its state at once', () => {
    const counter = new Counter('a');
    counter.count(2, 'x');
    counter.count(3);
    expect(counter.total).toBe(5);
    expect(counter.recorded).toEqual([new Counted('a', 2, 'x'), new Counted('a', 3)]);
    expect(counter.version).toBe(2);
    expect(counter.storedVersion).toBe(0);
  });

  it('is what its stored events make it, and counts on from there', () => {
    const counter = new Counter('a');
    counter.replay([new Counted('a', 2), new Counted('a', 3)]);
    expect(counter.total).toBe(5);
    expect(counter.recorded).toEqual([]);
    counter.count(1);
    expect({ version: counter.version, stored: counter.storedVersion }).toEqual({ version: 3, stored: 2 });
  });

  it('forgets what it has recorded once that is saved, and keeps its version', () => {
    const counter = new Counter('a');
    counter.count(1);
    counter.markSaved();
    expect({ recorded: counter.recorded, version: counter.version, stored: counter.storedVersion }).toEqual({
      recorded: [],
      version: 1,
      stored: 1,
    });
  });

  it('takes the version of its row where it is loaded without events', () => {
    const counter = new Counter('a');
    counter.restoredAt(7);
    counter.count(1);
    expect({ version: counter.version, stored: counter.storedVersion }).toEqual({ version: 8, stored: 7 });
  });

  it('counts events that it does not react to', () => {
    const counter = new Counter('a');
    counter.replay([new Noticed('x'), new Counted('a', 2)]);
    expect(counter.version).toBe(2);
    expect(counter.total).toBe(2);
  });

  it('records nothing of a decision that it refuses', () => {
    const counter = new Counter('a');
    expect(() => counter.count(5_000)).toThrow('A counter ends at 1000');
    expect(counter.recorded).toEqual([]);
  });
});

describe('@On', () => {
  it('is inherited, and a subclass may react otherwise', () => {
    class LoudCounter extends Counter {
      shouted = 0;

      @On(Noticed)
      protected heard(): void {
        this.shouted += 1;
      }

      @On(Counted)
      protected override counted({ by }: Counted): void {
        this.total += 2 * by;
      }
    }
    const loud = new LoudCounter('a');
    loud.replay([new Counted('a', 1), new Noticed('x')]);
    expect({ total: loud.total, shouted: loud.shouted }).toEqual({ total: 2, shouted: 1 });
    expect([...reactionsOf(Counter).keys()]).not.toContain(Noticed);
  });

  it('is refused twice for one event in one class', () => {
    expect(() => {
      class TornCounter extends Aggregate {
        @On(Counted) one(): void {}
        @On(Counted) two(): void {}
      }
      return TornCounter;
    }).toThrow('TornCounter reacts to Counted in both one() and two(). Keep one method per event.');
  });
});
