import { Pause } from './pause.js';

describe('a pause', () => {
  it('ends after its time', async () => {
    const from = performance.now();
    await new Pause().atMost(20);
    expect(performance.now() - from).toBeGreaterThanOrEqual(19);
  });

  it('ends early when it is told to, and the next one is a whole one again', async () => {
    const pause = new Pause();
    const long = pause.atMost(60_000);
    pause.end();
    await long;
    pause.end();
    const from = performance.now();
    await pause.atMost(20);
    expect(performance.now() - from).toBeGreaterThanOrEqual(19);
  });
});
