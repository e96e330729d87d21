import { promisify } from 'node:util';
import { LogBell, type Work } from './log-bell.js';

const turn = promisify(setImmediate);

function heard(bell: LogBell): { readonly rings: Work[][]; readonly effects: () => number } {
  const rings: Work[][] = [];
  let effects = 0;
  bell.onRing((work) => rings.push([...work]));
  bell.onWork('effects', () => (effects += 1));
  return { rings, effects: () => effects };
}

describe('the bell of the log', () => {
  it('tells once of all commits of a turn, and of the work among them', async () => {
    const bell = new LogBell();
    const { rings, effects } = heard(bell);
    bell.ring([]);
    bell.ring(['effects']);
    bell.ring(['commands', 'effects']);
    await turn();
    expect(rings).toEqual([['effects', 'commands']]);
    expect(effects()).toBe(1);
  });

  it('leaves those alone whose work isn’t among it', async () => {
    const bell = new LogBell();
    const { rings, effects } = heard(bell);
    bell.ring([]);
    await turn();
    bell.ring(['commands']);
    await turn();
    expect(rings).toEqual([[], ['commands']]);
    expect(effects()).toBe(0);
  });
});
