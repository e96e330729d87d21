import { LogRig, type Followed } from '../support/rig-log.js';
import type { Met } from '../support/rig-readers.js';
import { verdictOn, type Verdict } from '../support/rig-verdict.js';
import { chaos } from '../support/seed.js';

/** How long the log is written and the server killed: `LOG_ORDER_SECONDS=600 npm run test:durability -- log-order`. */
const SECONDS = Number(process.env['LOG_ORDER_SECONDS'] ?? 15);
const FLAWLESS = { missed: 0, doubled: 0, disordered: 0, belated: 0 };

let rig: LogRig;
let followed: Followed;

beforeAll(
  async () => {
    rig = await LogRig.start(chaos('log order'));
    followed = await rig.follow(SECONDS);
    report(followed);
  },
  (SECONDS + 90) * 1_000,
);
afterAll(() => rig.stop(), 30_000);

function report({ commands, events, crashes, verdicts, delaysMs, metMeanwhile }: Followed): void {
  const count = (outcome: string): number => commands.filter((command) => command.outcome === outcome).length;
  const ends = `${count('kept')} kept, ${count('undone')} undone, ${count('unknown')} unknown`;
  process.stderr.write(`log order: ${events.length} events, ${crashes} crashes, commands: ${ends}\n`);
  for (const [name, { missed, doubled, disordered, belated }] of Object.entries(verdicts)) {
    const share = ((100 * missed) / events.length).toFixed(1);
    process.stderr.write(
      `  ${name.padEnd(18)} missed ${missed} (${share} %), doubled ${doubled}, out of order in streams ${disordered}, ` +
        `belated ${belated}, met during a foreign transaction ${metMeanwhile[name]}\n`,
    );
  }
  const { p50, p99, max } = delaysMs;
  process.stderr.write(`  from acknowledgement to reader: p50 ${p50} ms, p99 ${p99} ms, longest ${max} ms\n`);
}

describe('the order of the log, with paused writers, rollbacks and crashes', () => {
  it('was put to the test', () => {
    expect(followed.crashes).toBeGreaterThanOrEqual(4);
    expect(followed.events.length).toBeGreaterThan(500);
    expect(followed.commands.some(({ outcome }) => outcome === 'undone')).toBe(true);
  });

  it('holds every event of an acknowledged command, and none of one that was undone', () => {
    const stored = new Set(followed.events.map(({ uuid }) => uuid));
    const eventsOf = (outcome: string): string[] =>
      followed.commands.filter((command) => command.outcome === outcome).flatMap(({ events }) => [...events]);
    expect(eventsOf('kept').filter((uuid) => !stored.has(uuid))).toEqual([]);
    expect(eventsOf('undone').filter((uuid) => stored.has(uuid))).toEqual([]);
  });

  it('has no hole in the versions of a stream', () => {
    const last = new Map<string, number>();
    const holes = followed.events.filter(({ stream, version }) => {
      const expected = (last.get(stream) ?? 0) + 1;
      last.set(stream, version);
      return version !== expected;
    });
    expect(holes).toEqual([]);
  });

  it.each(['kernel 1', 'kernel 2', 'kernel 3'])(
    '%s, a caller of the sequencer among others, meets every event once, in order',
    (reader) => {
      expect(followed.verdicts[reader]).toEqual(FLAWLESS);
    },
  );

  it('does not wait for transactions of others', () => {
    expect(followed.metMeanwhile['kernel 1']).toBeGreaterThan(0);
  });
});

describe('the judge', () => {
  /** A flawless reading, spoilt in one point. */
  const judged = (spoil: (met: Met[]) => Met[]): Verdict => {
    const met = followed.events.map(({ id }) => ({ id, at: 0 }));
    return verdictOn(spoil(met), followed.events, followed.commands);
  };

  it('finds nothing where nothing is wrong', () => {
    expect(judged((met) => met)).toEqual(FLAWLESS);
  });

  it('finds what is missed', () => {
    expect(judged((met) => met.toSpliced(17, 1))).toEqual({ ...FLAWLESS, missed: 1 });
  });

  it('finds what is doubled', () => {
    expect(judged((met) => met.toSpliced(17, 0, met[17]!))).toEqual({ ...FLAWLESS, doubled: 1 });
  });

  it('finds what comes before its turn in a stream', () => {
    const { stream } = followed.events[0]!;
    const [first, second] = followed.events.filter((event) => event.stream === stream).map(({ id }) => id);
    const swapped = (id: number): number => (id === first ? second! : id === second ? first! : id);
    expect(judged((met) => met.map(({ id, at }) => ({ id: swapped(id), at }))).disordered).toBe(1);
  });

  it('finds what comes before a command that had been acknowledged when its own began', () => {
    const last = followed.commands.findLast(({ outcome }) => outcome === 'kept')!;
    const { id } = followed.events.find(({ uuid }) => uuid === last.events.at(-1))!;
    const hasty = { id, at: 0 };
    expect(judged((met) => [hasty, ...met.filter((event) => event.id !== id)]).belated).toBe(1);
  });
});

describe('the controls, on the same log', () => {
  it('by an ascending id: miss events', () => {
    expect(followed.verdicts['id cursor']?.missed).toBeGreaterThan(0);
  });

  it('by (transaction, id) below the oldest one running: break the order inside streams, and wait for others', () => {
    expect(followed.verdicts['(xid8, id) cursor']).toMatchObject({ missed: 0, doubled: 0 });
    expect(followed.verdicts['(xid8, id) cursor']?.disordered).toBeGreaterThan(0);
    expect(followed.metMeanwhile['(xid8, id) cursor']).toBe(0);
  });

  it('by a sequencer that forgets gaps at once: miss events', () => {
    expect(followed.verdicts['forgets gaps']?.missed).toBeGreaterThan(0);
  });
});
