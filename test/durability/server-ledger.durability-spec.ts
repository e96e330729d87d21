import { freshDatabase, type FreshDatabase } from '#platform/testing';
import { violationsOfLedger } from '../support/ledger-check.js';
import { readFacts, settled, type Facts, type Row } from '../support/ledger-facts.js';
import { violationsAtRest } from '../support/ledger-rest.js';
import type { Entry } from '../support/ledger.js';
import { ShopUnderLoad } from '../support/load-shop.js';
import { Seeded } from '../support/seed.js';

/** A sound run, that each test spoils its own copy of. */
let sound: { readonly facts: Facts; readonly entries: readonly Entry[] };
let db: FreshDatabase;
beforeAll(async () => {
  db = await freshDatabase(import.meta.url);
  const shop = await ShopUnderLoad.open(db.environment);
  const load = shop.startLoad(new Seeded(1));
  await shop.ledger.more(60);
  await load.stop();
  await settled(db.url);
  sound = { facts: await readFacts(db.url), entries: shop.ledger.read() };
  await shop.close();
}, 60_000);
afterAll(() => db.drop(), 30_000);

const violationsOf = (facts: Facts, entries: readonly Entry[] = sound.entries): string[] => [
  ...violationsOfLedger(entries, facts),
  ...violationsAtRest(facts),
];

const acknowledgements = (): Extract<Entry, { kind: 'acknowledged' }>[] =>
  sound.entries.filter((entry) => entry.kind === 'acknowledged');

it('the checker finds nothing wrong with a sound run', () => {
  expect(sound.entries.length).toBeGreaterThan(100);
  expect(violationsOf(sound.facts)).toEqual([]);
});

/** Takes one out of the middle, where ends don't matter. */
function drop<T>(rows: T[]): T[] {
  return rows.toSpliced(Math.floor(rows.length / 2), 1);
}

function change<T extends object>(rows: readonly T[], index: number, changes: Partial<T>): T[] {
  return rows.map((row, at) => (at === index ? { ...row, ...changes } : row));
}

describe('the checker finds', () => {
  it.each<[string, string, (facts: Facts) => Partial<Facts>]>([
    ['a lost order', 'G1', ({ events }) => ({ events: drop(events) })],
    [
      'a doubled order',
      'G3',
      ({ events, parcels }) => ({
        events: [...events, { ...events.at(-1)!, data: { ...events.at(-1)!.data, orderId: 'twin' } }],
        parcels: [...parcels, { orderId: 'twin', name: parcels[0]!.name }],
      }),
    ],
    [
      'an event without its command',
      'I2',
      ({ keys, events }) => ({ keys: keys.filter(({ commandId }) => commandId !== events[0]!.commandId) }),
    ],
    ['an order without its key', 'I1', ({ keys }) => ({ keys: keys.map((key) => ({ ...key, lastStream: null })) })],
    ['another stored answer', 'I1', ({ keys }) => ({ keys: keys.map((key) => ({ ...key, body: '{"id":"x"}' })) })],
    ['a lowered version', 'I3', ({ streams }) => ({ streams: change(streams, 3, { version: 0 }) })],
    ['a hole in a stream', 'I3', ({ events }) => ({ events: change(events, 3, { version: 2 }) })],
    ['a hole in the log', 'I4', ({ log }) => ({ log: drop(log) })],
    ['an event without a position', 'I4', ({ log }) => ({ log: log.slice(0, -1) })],
    [
      'two swapped positions',
      'I4: who came after',
      ({ log }) => ({
        log: change(change(log, 0, { eventId: log.at(-1)!.eventId }), log.length - 1, { eventId: log[0]!.eventId }),
      }),
    ],
    ['an amount that a view made up', 'I10', ({ views }) => ({ views: withOne(views, 'daily', { net: 1 }) })],
    ['a row that a view lost', 'I10', ({ views }) => ({ views: { ...views, timeline: drop(views.timeline) } })],
    ['a row that a view doubled', 'I10', ({ views }) => ({ views: doubled(views) })],
    ['a stale row of an inline view', 'I10', ({ views }) => ({ views: withOne(views, 'summary', { lines: [] }) })],
    ['an unfinished transaction', 'I15', () => ({ leftovers: ['a transaction that idles'] })],
  ])('%s', (_name, rule, spoil) => {
    const spoilt = { ...sound.facts, ...spoil(sound.facts) };
    expect(violationsOf(spoilt)).toContainEqual(expect.stringContaining(rule));
  });

  it('an acknowledgement that nobody kept', () => {
    const early: Entry = { ...acknowledgements()[0]!, key: 'key-early', at: 0 };
    const wanted = { ...sound.entries.find(({ kind }) => kind === 'wanted')!, key: 'key-early' };
    const body = JSON.stringify({ id: 'nowhere', number: 'SO-1', version: 1, total: { amount: 1 } });
    const entries = [...sound.entries, wanted, { ...early, body }];
    expect(violationsOf(sound.facts, entries)).toContainEqual(expect.stringContaining('G1'));
  });

  it('two answers for one key', () => {
    const changed = { ...acknowledgements()[0]!, body: '{"id":"another"}' };
    expect(violationsOf(sound.facts, [...sound.entries, changed])).toContainEqual(expect.stringContaining('I14'));
  });

  it('a refusal', () => {
    const refused: Entry = { at: 0, kind: 'refused', key: 'key', status: 400, body: '' };
    expect(violationsOf(sound.facts, [...sound.entries, refused])).toContainEqual(expect.stringContaining('G18'));
  });
});

function withOne(views: Facts['views'], view: keyof Facts['views'], changes: Row): Facts['views'] {
  return { ...views, [view]: change(views[view], 0, changes) };
}

function doubled(views: Facts['views']): Facts['views'] {
  return { ...views, search: [...views.search, views.search[0]!] };
}
