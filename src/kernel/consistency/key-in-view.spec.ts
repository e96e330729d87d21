import type { ProjectionDefinition } from '../projections/projection-definition.js';
import { KEY_SEPARATOR } from '../subscriptions/partition-of.js';
import { keyInView, type KeyInView } from './key-in-view.js';
import type { ReadKey } from './reads-from.js';

class View {}
const ID = '01a2213e-0d60-777e-9c4a-dd134f07c35f';

/** The key that a question has in a view with key columns of these types. */
function asked(types: Readonly<Record<string, string>>, key: ReadKey): KeyInView | undefined {
  const keys = Object.entries(types).map(([property, sqlType]) => ({ property, sqlType }));
  return keyInView({ view: View, table: { keys } } as unknown as ProjectionDefinition, View, key);
}

describe('the key that a query asks for', () => {
  it.each<[string, string, ReadKey, string | undefined]>([
    ['a text', 'text', 'ABC', 'ABC'],
    ['a uuid', 'uuid', ID, ID],
    ['a uuid in upper case, as the column gives it back', 'uuid', ID.toUpperCase(), ID],
    ['a uuid in a form that PostgreSQL takes too: of any row', 'uuid', `{${ID}}`, undefined],
    ['a number', 'integer', 7, '7'],
    ['a number as text', 'bigint', '-12', '-12'],
    ['a number with zeros in front: of any row', 'bigint', '007', undefined],
    ['of a type whose form is not known: of any row', 'numeric', '1.50', undefined],
  ])('is taken as %s', (_, type, key, text) => {
    expect(asked({ id: type }, key)?.text).toBe(text);
  });

  it('is a prefix up to the first column that is not told, or not in the form of its column', () => {
    const types = { tenant: 'text', id: 'uuid' };
    expect(asked(types, { tenant: 'a' })).toEqual({ text: `a${KEY_SEPARATOR}`, isPrefix: true });
    expect(asked(types, { tenant: 'a', id: 'none' })).toEqual({ text: `a${KEY_SEPARATOR}`, isPrefix: true });
    expect(asked(types, { tenant: 'a', id: ID.toUpperCase() })).toEqual({
      text: `a${KEY_SEPARATOR}${ID}`,
      isPrefix: false,
    });
    expect(asked(types, { id: ID })).toBeUndefined();
  });
});
