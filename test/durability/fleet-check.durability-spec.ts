import { RECOVERY_MS, unexpectedFailures, violationsOfFleet } from '../support/faults/fleet-check.js';
import type { EventOrigin, FleetFacts } from '../support/faults/fleet-facts.js';
import { CYCLES_PER_ROUND, described, plannedCycle } from '../support/faults/plan.js';
import { lostKeys, lostTooMuch, withoutLost } from '../support/ledger-went-back.js';
import type { Entry } from '../support/ledger.js';

const origin = (version: number, name: string, more: Partial<EventOrigin> = {}): EventOrigin => ({
  eventId: `e${version}`,
  stream: 'ordering.order:a',
  version,
  name: `ordering.${name}`,
  actor: { id: 'shop' },
  correlationId: 'c',
  causationId: null,
  ...more,
});
const origins = [origin(1, 'order-started'), origin(2, 'line-added'), origin(3, 'order-placed', { causationId: 'e2' })];
const sound: FleetFacts = {
  events: [],
  log: [],
  streams: [],
  keys: [],
  parcels: [],
  externalNumbers: [],
  products: [],
  customers: [],
  views: { summary: [], search: [], timeline: [], daily: [], products: [], customers: [] },
  leftovers: [],
  seen: origins.map(({ eventId, stream, version }) => ({ eventId, stream, version })),
  notified: [{ eventId: 'e3', about: 'order-placed' }],
  origins,
  releaseRows: ['rig.releases', 'rig.inline-releases'].map((view) => ({
    view,
    orderId: 'a',
    releases: ['2', '2', '2'],
  })),
  release: '2',
  wentBack: [],
  failed: [],
};
const step = { stream: 'ordering.order:a', event: 'ordering.line-added', version: 2 };
const entries: Entry[] = [{ at: 0, kind: 'step', key: 'k', step }];

it('the checker of a fleet finds nothing wrong with a sound one', () => {
  expect(violationsOfFleet(entries, sound)).toEqual([]);
});

describe('the checker of a fleet finds', () => {
  const [first, second, third] = sound.seen;
  const [traces, inlineTraces] = sound.releaseRows;
  it.each<[string, string, Partial<FleetFacts>]>([
    [
      'an acknowledged step that is another event',
      'I1',
      { origins: [origins[0]!, origin(2, 'line-removed'), origins[2]!] },
    ],
    ['an acknowledged step that is gone', 'I1', { origins: [origins[0]!] }],
    ['an event that nobody saw', 'I8', { seen: [first!, second!] }],
    ['an event that took effect and is not in the log', 'I8', { seen: [...sound.seen, { ...third!, eventId: 'x' }] }],
    ['an event that took effect twice', 'I8', { seen: [...sound.seen, third!] }],
    ['events that took effect in another order', 'I9', { seen: [second!, first!, third!] }],
    ['a customer who was told twice', 'notification', { notified: [...sound.notified, ...sound.notified] }],
    ['a customer who was told nothing', 'notification', { notified: [] }],
    [
      'a customer who was told of nothing',
      'notification',
      { notified: [...sound.notified, { eventId: 'x', about: 'order-placed' }] },
    ],
    ['a row of two releases', 'I10', { releaseRows: [{ ...traces!, releases: ['1', '2', '2'] }, inlineTraces!] }],
    ['a row that lacks an event', 'I10', { releaseRows: [traces!, { ...inlineTraces!, releases: ['2', '2'] }] }],
    ['a row of no order', 'I10', { releaseRows: [...sound.releaseRows, { ...traces!, orderId: 'b' }] }],
    ['a fence that went back', 'I13', { wentBack: ['checkpoints 5 -> 4'] }],
    ['an event without an actor', 'I17', { origins: [{ ...origins[0]!, actor: null }, ...origins.slice(1)] }],
    [
      'an event of another correlation than its cause',
      'I17',
      { origins: [...origins.slice(0, 2), { ...origins[2]!, correlationId: 'd' }] },
    ],
    ['an event that has failed', 'G12', { failed: ['rig.probe failed a'] }],
  ])('%s', (_what, rule, spoilt) => {
    expect(violationsOfFleet(entries, { ...sound, ...spoilt })).toContainEqual(expect.stringContaining(rule));
  });
});

it('a read that lacks what was acknowledged and says nothing is found; one that says so is fine', () => {
  const read = { at: 0, kind: 'read', key: 'k', shown: false } as const;
  expect(violationsOfFleet([{ ...read, consistency: 'stale; behind=3' }], sound)).toEqual([]);
  expect(violationsOfFleet([read], sound)).toContainEqual(expect.stringContaining('G9'));
});

describe('the plan', () => {
  it('is the same for the same seed, and another for another', () => {
    const plan = (seed: number): string[] =>
      Array.from({ length: 40 }, (_, cycle) => JSON.stringify(plannedCycle(seed, cycle)));
    expect(plan(7)).toEqual(plan(7));
    expect(plan(7)).not.toEqual(plan(8));
  });

  it('has each kind of fault once a round', () => {
    const round = Array.from({ length: CYCLES_PER_ROUND }, (_, cycle) =>
      described(plannedCycle(7, CYCLES_PER_ROUND + cycle).fault),
    );
    const kinds = round.map((text) => text.split(' ').slice(0, 2).join(' ').replace(/-\d$/, ''));
    expect(new Set(kinds).size).toBeGreaterThanOrEqual(CYCLES_PER_ROUND - 1);
  });
});

describe('an answer 5xx', () => {
  const failedAt = (at: number): string[] =>
    unexpectedFailures([{ at, kind: 'failed', status: 503 }], [{ from: 100, to: 200 }]);

  it.each([100, 200, 200 + RECOVERY_MS])('is excused by a fault from 100 to 200 at %d', (at) => {
    expect(failedAt(at)).toEqual([]);
  });

  it.each([99, 201 + RECOVERY_MS])('is a violation at %d', (at) => {
    expect(failedAt(at)).toEqual([`I16: 503 at ${at}, faults ended at 200`]);
  });
});

describe('of a database that went back to an earlier state', () => {
  const acknowledged = (key: string, at: number): Entry => ({ at, kind: 'acknowledged', key, body: '' });
  const told = [acknowledged('kept', 10), acknowledged('lost', 30), acknowledged('draft-7-1', 40)];
  const wentBack = (since: number, ...keys: string[]): Entry => ({ at: 50, kind: 'went-back', since, keys });
  const refused: Entry = { at: 60, kind: 'refused', key: 'draft-7-2', status: 409, body: '' };

  it('the keys are lost that it does not hold', () => {
    expect(lostKeys(told, new Set(['kept', 'another']))).toEqual(['lost', 'draft-7-1']);
  });

  it('nothing that it has lost is expected any more, nor an answer to the next step of a lost draft', () => {
    const ledger = [...told, wentBack(20, 'lost', 'draft-7-1'), refused, acknowledged('lost', 70)];
    expect(withoutLost(ledger)).toEqual([acknowledged('kept', 10), acknowledged('lost', 70)]);
    expect(lostKeys(ledger, new Set(['kept']))).toEqual(['lost']);
  });

  it('only what was acknowledged after the state that it went back to may be lost', () => {
    expect(lostTooMuch([...told, wentBack(20, 'lost', 'draft-7-1')])).toEqual([]);
    expect(lostTooMuch([...told, wentBack(35, 'lost', 'draft-7-1')])).toEqual([
      'acknowledged at 30, the database went back to 35',
    ]);
  });
});
