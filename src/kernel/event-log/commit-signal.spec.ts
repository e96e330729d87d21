import { promisify } from 'node:util';
import { CommitSignal, type Work } from './commit-signal.js';

const turn = promisify(setImmediate);

function heard(signal: CommitSignal): { readonly rings: Work[][]; readonly effects: () => number } {
  const rings: Work[][] = [];
  let effects = 0;
  signal.onCommit((work) => rings.push([...work]));
  signal.onWork('effects', () => (effects += 1));
  return { rings, effects: () => effects };
}

describe('the bell of the log', () => {
  it('tells once of all commits of a turn, and of the work among them', async () => {
    const signal = new CommitSignal();
    const { rings, effects } = heard(signal);
    signal.emit([]);
    signal.emit(['effects']);
    signal.emit(['commands', 'effects']);
    await turn();
    expect(rings).toEqual([['effects', 'commands']]);
    expect(effects()).toBe(1);
  });

  it('leaves those alone whose work isn’t among it', async () => {
    const signal = new CommitSignal();
    const { rings, effects } = heard(signal);
    signal.emit([]);
    await turn();
    signal.emit(['commands']);
    await turn();
    expect(rings).toEqual([[], ['commands']]);
    expect(effects()).toBe(0);
  });
});
