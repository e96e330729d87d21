import type { Secrets } from '../../../kernel/database/secrets.js';
import { Clock } from '../../../kernel/messages/clock.js';
import { MessageContext, messageContext } from '../../../kernel/messages/message-context.js';
import { Cursors, type CursorBinding } from './cursors.js';

class SetClock extends Clock {
  time = new Date('2026-11-23T09:30:00Z');
  override now(): Date {
    return this.time;
  }
}

const clock = new SetClock();
const secretsOf = (fill: number): Secrets =>
  ({ get: () => Promise.resolve(Buffer.alloc(32, fill)) }) as unknown as Secrets;
const cursors = new Cursors(secretsOf(1), clock);
const BINDING: CursorBinding = {
  list: 'orders',
  filter: { status: ['placed'] },
  sort: '-placedAt',
};
const KEYS = ['2026-01-01T00:00:00.000Z', 42, null] as const;

async function codeOf(cursor: string, binding = BINDING, by = cursors): Promise<string | undefined> {
  return by.open(cursor, binding).then(
    () => undefined,
    (error: { code: string }) => error.code,
  );
}

describe('a cursor', () => {
  it('holds the keys of the last row', async () => {
    expect(await cursors.open(await cursors.seal(KEYS, BINDING), { ...BINDING })).toEqual(KEYS);
  });

  it.each<[string, Partial<CursorBinding>]>([
    ['list', { list: 'products' }],
    ['filter', { filter: { status: ['shipped'] } }],
    ['sort order', { sort: 'placedAt' }],
  ])('is of no use for another %s', async (_name, other) => {
    expect(await codeOf(await cursors.seal(KEYS, BINDING), { ...BINDING, ...other })).toBe('cursor-invalid');
  });

  it('is of no use for another caller, nor for the same one in another tenant, whatever its list binds it to', async () => {
    const as = <T>(id: string, tenant: string, work: () => Promise<T>): Promise<T> =>
      messageContext.run(new MessageContext({ tenant, principal: { id, roles: [] } }), work);
    const cursor = await as('ada', 'one', () => cursors.seal(KEYS, BINDING));
    expect(await as('ada', 'one', () => codeOf(cursor))).toBeUndefined();
    expect(await as('bob', 'one', () => codeOf(cursor))).toBe('cursor-invalid');
    expect(await as('ada', 'two', () => codeOf(cursor))).toBe('cursor-invalid');
  });

  it.each(['', 'x', 'ä', 'x'.repeat(10_240), 'A'.repeat(60), '[1,2]'])('can’t be made up: %j', async (text) => {
    expect(await codeOf(text)).toBe('cursor-invalid');
  });

  it('can’t be changed, extended, respelled or made by another system', async () => {
    const cursor = await cursors.seal(KEYS, BINDING);
    const flipped = `${cursor.slice(0, 30)}${cursor[30] === 'A' ? 'B' : 'A'}${cursor.slice(31)}`;
    for (const changed of [flipped, `${cursor}A`, `${cursor}=`, ` ${cursor}`])
      expect(await codeOf(changed)).toBe('cursor-invalid');
    expect(await codeOf(cursor, BINDING, new Cursors(secretsOf(2), clock))).toBe('cursor-invalid');
  });

  it('is good for a week', async () => {
    const cursor = await cursors.seal(KEYS, BINDING);
    clock.time = new Date(clock.time.getTime() + 7 * 86_400_000);
    expect(await codeOf(cursor)).toBeUndefined();
    clock.time = new Date(clock.time.getTime() + 1_000);
    expect(await codeOf(cursor)).toBe('cursor-invalid');
  });

  it.each([
    ['four bytes to a character', '😀'.repeat(200)],
    ['characters that JSON escapes', '"'.repeat(200)],
    ['as many marks as letters', 'क\u093c'.repeat(100)],
  ])('holds the longest name and the longest id: %s', async (_name, name) => {
    const keys = [name, 'x'.repeat(128)];
    expect(await cursors.open(await cursors.seal(keys, BINDING), BINDING)).toEqual(keys);
  });

  it('fits into a URL, or the list’s author is told', async () => {
    await expect(cursors.seal(['x'.repeat(1_100)], BINDING)).rejects.toThrow('a cursor holds 1024');
  });

  it('ends with the last page', async () => {
    const request = { limit: 2, binding: BINDING, keysOf: (row: number) => [row], item: (row: number) => ({ row }) };
    expect((await cursors.page([1, 2], request)).page).toEqual({ limit: 2, next: null });
    const { data, page } = await cursors.page([1, 2, 3], request);
    expect(data).toEqual([{ row: 1 }, { row: 2 }]);
    expect(await cursors.open(page.next!, BINDING)).toEqual([2]);
    expect((await cursors.page([], request)).page.next).toBeNull();
  });
});
