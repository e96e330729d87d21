import { AsyncLocalStorage } from 'node:async_hooks';
import { createToyTables, ToyApp } from '../../../test/support/toy-app.js';
import { Box, BoxEntity, Boxes, BoxProjection, BoxView } from '../../../test/support/toys.js';
import { newId } from '../messages/ids.js';
import { freshDatabase, type FreshDatabase } from '../../platform/testing/databases.js';

let db: FreshDatabase;
let toy: ToyApp;

beforeAll(async () => {
  db = await freshDatabase(import.meta.url);
  await createToyTables(db);
  toy = await ToyApp.start(db, { parts: { entities: [BoxEntity, BoxView], providers: [Boxes, BoxProjection] } });
});
afterAll(async () => {
  await toy.close();
  await db.drop();
});

const elsewhere = AsyncLocalStorage.snapshot();
const row = async (id: string): Promise<object | undefined> =>
  (await toy.rows('SELECT total, version FROM toy.boxes WHERE id = $1', id))[0];
const events = (id: string): Promise<{ version: number; name: string; data: object }[]> => toy.events(`toy.box:${id}`);

/** Fills a box, making it where it isn't there. */
async function fill(id: string, by: number, ifVersion?: number): Promise<number> {
  const boxes = toy.get(Boxes);
  const box = ifVersion === undefined ? ((await boxes.find(id)) ?? new Box(id)) : await boxes.load(id, { ifVersion });
  box.count(by);
  return boxes.save(box);
}

describe('an aggregate kept as a row', () => {
  it('is a row and events: the row is at the version of the last event', async () => {
    const id = newId();
    expect(await toy.inCommand(() => fill(id, 1))).toBe(1);
    expect(await toy.inCommand(() => fill(id, 2))).toBe(2);
    expect(await row(id)).toEqual({ total: 3, version: 2 });
    expect(await events(id)).toEqual([
      { version: 1, name: 'toy.filled', data: { boxId: id, by: 1 } },
      { version: 2, name: 'toy.filled', data: { boxId: id, by: 2 } },
    ]);
  });

  it('has inline views like any other', async () => {
    const id = newId();
    await toy.inCommand(() => fill(id, 1));
    await toy.inCommand(() => fill(id, 2));
    const [view] = await toy.rows('SELECT total, version FROM toy_read.boxes WHERE box_id = $1', id);
    expect(view).toEqual({ total: 3, version: 2 });
  });

  it('takes several events and several saves in one command', async () => {
    const id = newId();
    await toy.inCommand(async () => {
      const box = new Box(id);
      box.count(1);
      box.count(2);
      expect(await toy.get(Boxes).save(box)).toBe(2);
      box.count(3);
      expect(await toy.get(Boxes).save(box)).toBe(3);
      expect(await toy.get(Boxes).load(id)).toBe(box);
    });
    expect(await row(id)).toEqual({ total: 6, version: 3 });
    expect((await events(id)).map(({ version }) => version)).toEqual([1, 2, 3]);
  });

  it('lets one of two savers from the same version win; the other comes again and sees the first', async () => {
    const id = newId();
    await toy.inCommand(() => fill(id, 1));
    const totals: number[] = [];
    let tries = 0;
    await toy.inCommand(async () => {
      const boxes = toy.get(Boxes);
      const box = await boxes.load(id);
      totals.push(box.total);
      tries += 1;
      if (tries === 1) await elsewhere(() => toy.inCommand(() => fill(id, 10)));
      box.count(100);
      await boxes.save(box);
    });
    expect(totals).toEqual([1, 11]);
    expect(await row(id)).toEqual({ total: 111, version: 3 });
  });

  it('loses nothing when 32 savers come at once', async () => {
    const id = newId();
    const ends = await Promise.allSettled(Array.from({ length: 32 }, () => toy.inCommand(() => fill(id, 1))));
    expect(ends.filter(({ status }) => status === 'rejected')).toEqual([]);
    expect(await row(id)).toEqual({ total: 32, version: 32 });
    expect(await events(id)).toHaveLength(32);
  }, 30_000);

  it('is refused with the version that a caller has not seen, and where there is none', async () => {
    const id = newId();
    await expect(toy.inCommand(() => fill(id, 1, 1))).rejects.toMatchObject({ code: 'not-found' });
    await toy.inCommand(() => fill(id, 1));
    await expect(toy.inCommand(() => fill(id, 1, 2))).rejects.toMatchObject({
      code: 'version-mismatch',
      currentVersion: 1,
    });
    expect(await toy.inCommand(() => fill(id, 1, 1))).toBe(2);
  });

  it('is not saved without an event: nobody would hear of the change', async () => {
    const save = (): Promise<number> => toy.get(Boxes).save(new Box(newId()));
    await expect(toy.inCommand(save)).rejects.toThrow('saved without an event');
  });

  it('leaves neither row nor events when the command fails', async () => {
    const id = newId();
    const failing = async (): Promise<never> => {
      await fill(id, 1);
      throw new Error('no');
    };
    await expect(toy.inCommand(failing)).rejects.toThrow('no');
    expect(await row(id)).toBeUndefined();
    expect(await events(id)).toEqual([]);
  });
});
