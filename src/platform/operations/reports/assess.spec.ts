import { assess } from './assess.js';
import type { LogReport } from './log-report.dto.js';
import type { SubscriptionReport } from './subscription-report.dto.js';

const now = new Date('2026-11-23T12:00:00.000Z');
const [later, earlier] = ['2026-11-23T12:00:09.000Z', '2026-11-23T11:59:59.000Z'];

const log = (more: Partial<LogReport> = {}): LogReport => ({
  epoch: 'e',
  epochStartedAt: earlier,
  head: 1_204,
  gaps: 0,
  eventsNotSequenced: 0,
  oldestTransactionSeconds: 0.2,
  seesAllTransactions: true,
  lastEventAt: earlier,
  ...more,
});

const reader = (more: Partial<SubscriptionReport> = {}, leaseExpiresAt: string | null = later): SubscriptionReport => ({
  name: 'toy.search',
  kind: 'async',
  version: 1,
  status: 'running',
  paused: null,
  isDeclared: true,
  position: 1_204,
  head: 1_204,
  behind: 0,
  lagSeconds: 0,
  failedEvents: { retrying: 0, waiting: 0, deadLettered: 0 },
  waitingBehindNothing: 0,
  lastError: null,
  partitions: [{ partition: 0, position: 1_204, behind: 0, movedAt: earlier, fence: 1, owner: 'r', leaseExpiresAt }],
  ...more,
});

const statesOf = (...readers: SubscriptionReport[]) => assess(log(), readers, now).map(({ state }) => state);
/** What isn't well, in words. */
const complaints = (of: LogReport, ...readers: SubscriptionReport[]) =>
  assess(of, readers, now).filter(({ state }) => state !== 'ok');

describe('a system', () => {
  it('is well when its readers are owned, in time, and hold nothing back', () => {
    expect(complaints(log(), reader(), reader({ name: 'toy.inline', kind: 'inline', partitions: [] }))).toEqual([]);
  });

  it('says what to do about each complaint', () => {
    const troubled = reader(
      { lagSeconds: 75, status: 'diverged', failedEvents: { retrying: 1, waiting: 2, deadLettered: 3 } },
      null,
    );
    const found = complaints(
      log({ oldestTransactionSeconds: 61, eventsNotSequenced: 10_000 }),
      troubled,
      reader({ name: 'toy.gone', isDeclared: false }),
    );
    expect(found.map(({ what }) => what)).toEqual([
      'The log has 1,204 events, 10,000 without a position, 0 gaps',
      'The oldest transaction is 61 s old',
      '0 replicas work on 0 of 1 partition',
      '1 subscription lags, toy.search by 75 s',
      'toy.search has processed events that this log does not contain',
      'toy.search has 6 failed events: 3 dead-lettered, 1 retrying, 2 waiting',
      'toy.gone is in the database, but not in this release',
    ]);
    for (const { remedy } of found) expect(remedy).toMatch(/\w/);
  });

  it('fails where an operator must act, and warns where waiting may do', () => {
    const failed = (retrying: number, deadLettered: number) =>
      reader({ failedEvents: { retrying, waiting: 0, deadLettered } });
    expect(statesOf(failed(0, 1))).toContain('failure');
    expect(statesOf(failed(1, 0))).toEqual(['ok', 'ok', 'ok', 'ok', 'warning']);
    expect(statesOf(reader({}, earlier))[2]).toBe('failure');
    expect(statesOf(reader(), reader({}, earlier))[2]).toBe('warning');
    expect(statesOf(reader({ lagSeconds: 61 }))[3]).toBe('warning');
  });

  it('fails where events are waiting behind nothing, and says how to have them tried', () => {
    const [found, ...others] = complaints(log(), reader({ waitingBehindNothing: 2 }));
    expect(found).toEqual({
      state: 'failure',
      what: 'toy.search has 2 events waiting without a failed event before them',
      remedy: expect.stringContaining('dead-letters retry --subscription toy.search'),
    });
    expect(others).toEqual([]);
  });

  it('warns of a paused subscription, and expects no worker on it and no events in time', () => {
    const paused = { at: earlier, by: 'ada', reason: 'a migration' };
    expect(complaints(log(), reader({ paused, lagSeconds: 3_600, behind: 7 }, null), reader())).toEqual([
      {
        state: 'warning',
        what: `toy.search is paused since ${earlier} by ada (a migration), and 7 events behind`,
        remedy: expect.stringContaining('subscriptions resume toy.search'),
      },
    ]);
  });

  it('sends whoever has a handler that stands still to its restart, not to a rebuild', () => {
    const still = (kind: 'async' | 'handler') => reader({ kind, status: 'diverged' });
    const remedies = (kind: 'async' | 'handler') => complaints(log(), still(kind)).map(({ remedy }) => remedy);
    expect(remedies('handler')).toEqual([expect.stringContaining('subscriptions restart toy.search --from')]);
    expect(remedies('async')).toEqual([expect.stringContaining('rebuild toy.search')]);
  });

  it('fails where calls to other systems are dead-lettered, and warns while they are tried again', () => {
    const findings = assess(log(), [], now, [
      { work: 'effect', name: 'notifications.deliver', deadLettered: 2, retried: 1 },
      { work: 'command', name: 'ordering.place-order', deadLettered: 1, retried: 0 },
    ]).filter(({ state }) => state !== 'ok');
    expect(findings).toEqual([
      {
        state: 'failure',
        what: 'notifications.deliver: 2 calls dead-lettered after too many failed attempts',
        remedy: expect.stringContaining('effects retry --kind notifications.deliver'),
      },
      {
        state: 'warning',
        what: 'notifications.deliver: 1 call failed',
        remedy: expect.stringContaining('effects list --kind notifications.deliver --state pending'),
      },
      {
        state: 'failure',
        what: 'ordering.place-order: 1 stored command dead-lettered after too many failed attempts',
        remedy: expect.stringContaining('operations list'),
      },
    ]);
  });

  it('admits what it may not see', () => {
    const [, second] = assess(log({ seesAllTransactions: false }), [], now);
    expect(second!.what).toBe('The oldest transaction is 0 s old, as far as may be seen');
  });
});
