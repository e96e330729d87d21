import { CountCommand, LIMIT } from '../../../test/support/toys.js';
import { ofOwnConnection } from '../database/errors.js';
import { createToyTables, ToyApp } from '../../../test/support/toy-app.js';
import { newId } from '../messages/ids.js';
import { freshDatabase, type FreshDatabase } from '../../platform/testing/databases.js';
import { CommandObserver, type CommandRun } from './command-observer.js';

let db: FreshDatabase;
let toy: ToyApp;
let runs: CommandRun[];
let stop: () => void;

beforeAll(async () => {
  db = await freshDatabase(import.meta.url);
  await createToyTables(db);
  toy = await ToyApp.start(db);
});
beforeEach(() => {
  runs = [];
  stop = toy.get(CommandObserver).onEnd((run) => runs.push(run));
});
afterEach(() => stop());
afterAll(async () => {
  await toy.close();
  await db.drop();
});

const key = () => ({ idempotency: { key: newId(), operation: 'spec', fingerprint: 'same' } });

describe('whoever watches commands', () => {
  it('is told of the outermost one, with its time and its single try', async () => {
    await toy.inCommand(() => toy.run(new CountCommand(newId(), 1)));
    expect(runs).toEqual([{ name: 'RunCommand', outcome: 'done', seconds: expect.any(Number), tries: 1 }]);
    expect(runs[0]!.seconds).toBeGreaterThan(0);
  });

  it('is told of a repeat, of a no, and of a fault', async () => {
    const fields = key();
    const id = newId();
    for (let n = 0; n < 2; n += 1) await toy.run(new CountCommand(id, 1), fields);
    await expect(toy.run(new CountCommand(id, LIMIT + 1))).rejects.toThrow('ends at');
    await expect(toy.inCommand(() => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    expect(runs.map(({ outcome }) => outcome)).toEqual(['done', 'replayed', 'refused', 'failed']);
  });

  it('is told how often a command was tried', async () => {
    const id = newId();
    let tries = 0;
    await toy.inCommand(async () => {
      tries += 1;
      if (tries < 3) throw ofOwnConnection(Object.assign(new Error('others were faster'), { code: '40001' }));
      await toy.run(new CountCommand(id, 1));
    });
    expect(runs).toMatchObject([{ outcome: 'done', tries: 3 }]);
  });

  it('is told nothing any more once it has stopped', async () => {
    stop();
    await toy.run(new CountCommand(newId(), 1));
    expect(runs).toEqual([]);
  });
});
