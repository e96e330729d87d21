import { DurableEvent, definitionOf, type EventDefinition } from '#kernel/domain';
import { EventRegistry } from './event-registry.js';

@DurableEvent('toy.moved', 3, {
  upcast: {
    1: ({ place }) => ({ from: null, to: place }),
    2: (data) => ({ ...data, by: 'nobody' }),
  },
})
class Moved {
  constructor(
    readonly from: string | null,
    readonly to: string,
    readonly by: string,
  ) {}

  get isFirst(): boolean {
    return this.from === null;
  }
}

class Nameless {}

const registry = new EventRegistry([definitionOf(Moved)!]);

describe('the registry of events', () => {
  it('makes stored data an event again, with its methods', () => {
    const event = registry.revive('toy.moved', 3, { from: 'a', to: 'b', by: 'ada' });
    expect(event).toBeInstanceOf(Moved);
    expect(event).toEqual(new Moved('a', 'b', 'ada'));
    expect((event as Moved).isFirst).toBe(false);
  });

  it.each([
    [1, { place: 'b' }, new Moved(null, 'b', 'nobody')],
    [2, { from: 'a', to: 'b' }, new Moved('a', 'b', 'nobody')],
  ])('lifts version %d step by step', (version, data, event) => {
    expect(registry.revive('toy.moved', version, data)).toEqual(event);
  });

  it.each([
    ['toy.moved', 4],
    ['toy.unheard-of', 1],
  ])('does not know %s version %d, and says what to do', (name, version) => {
    expect(() => registry.revive(name, version, {})).toThrow(
      `The log holds ${name} version ${version}, which this release doesn't know. Deploy the release that wrote it`,
    );
  });

  it('knows an event by its class and by an instance', () => {
    const expected = { name: 'toy.moved', version: 3 };
    expect(registry.definition(Moved)).toMatchObject(expected);
    expect(registry.definition(new Moved(null, 'b', 'ada'))).toMatchObject(expected);
    expect(() => registry.definition(new Nameless())).toThrow('Nameless has no permanent name. Add @DurableEvent');
  });

  it('does not take the name of a class for that of its subclass', () => {
    class MovedFar extends Moved {}
    expect(() => registry.definition(new MovedFar(null, 'b', 'ada'))).toThrow('MovedFar has no permanent name');
  });

  it('takes a class once, and refuses a second class of the same name', () => {
    const one = definitionOf(Moved)!;
    const other: EventDefinition = { ...one, type: Nameless };
    expect(new EventRegistry([one, one]).names()).toEqual(['toy.moved']);
    expect(() => new EventRegistry([one, other])).toThrow(
      'Two event classes are called toy.moved: Moved and Nameless.',
    );
  });
});

describe('@DurableEvent', () => {
  it.each(['order-placed', 'ordering.OrderPlaced', 'ordering.', 'a.b.c', 'ordering order'])(
    'refuses the name %p',
    (name) => {
      expect(() => DurableEvent(name, 1)(class Wrong {})).toThrow(
        `"${name}" is no event name. Write <context>.<event-in-kebab>`,
      );
    },
  );

  it.each([0, -1, 1.5, Number.NaN])('refuses the version %p', (version) => {
    expect(() => DurableEvent('toy.wrong', version)(class Wrong {})).toThrow('is no version. Count from 1.');
  });

  it('refuses a version that older events cannot be lifted to', () => {
    const upcast = { 2: (data: object) => ({ ...data }) };
    expect(() => DurableEvent('toy.wrong', 3, { upcast })(class Wrong {})).toThrow(
      'toy.wrong is at version 3, but nothing turns version 1 into 2. Add upcast: { 1: (data) => … }',
    );
  });
});
