/**
 * What the rig must catch: each takes one protection out of the program under test, in its code (text of the built files)
 * or in its functions in the database. There is no switch for any of it in the program itself.
 */
const SEQUENCE = 'kernel.sequence(int)';
const ADVANCE = 'kernel.advance(jsonb)';
const SETTLE = 'kernel.settle_held(jsonb)';
const BATCHES = '/dist/kernel/subscriptions/batches.js';
const TAIL = '/dist/kernel/event-log/log-tail.js';
const NOTIFIER = '/dist/kernel/event-log/log-notifier.js';
const UNITS = '/dist/kernel/commands/units-of-work.js';

const forgetsGaps = [
  { of: SEQUENCE, from: 'gap_ids = g.ids', to: `gap_ids = '{}'` },
  { of: SEQUENCE, from: 'gap_bounds = g.bounds', to: `gap_bounds = '{}'` },
];

export const sabotages = {
  /** A cursor on the ascending id: positions are ids, and what becomes visible late is never seen. */
  'reader-by-id': {
    code: [{ file: TAIL, from: 'if (first === undefined || first > after + 1)', to: 'if (names !== undefined)' }],
    functions: [
      ...forgetsGaps,
      { of: SEQUENCE, from: 'SELECT v_state.head + n.ord, n.id FROM', to: 'SELECT n.id, n.id FROM' },
      { of: SEQUENCE, from: 'SET head = v_state.head + cardinality(v_next)', to: 'SET head = v_top' },
      { of: SEQUENCE, from: 'QUERY SELECT v_state.head + cardinality(v_next)', to: 'QUERY SELECT v_top' },
    ],
  },
  /** Positions go to what is visible, and ids that aren't yet are taken for rolled back. */
  'forgets-gaps': { code: [], functions: forgetsGaps },
  /** The client is answered before anything is stored. */
  'acknowledges-before-commit': {
    code: [
      {
        file: UNITS,
        from: 'return commitWork(this.pools.app, plan.work, unit.sides, unit.checkpoint);',
        to:
          '{ const later = () => commitWork(this.pools.app, plan.work, unit.sides, unit.checkpoint).catch(() => undefined);' +
          ' setTimeout(later, 30); return []; }',
      },
    ],
    functions: [],
  },
  /** Whoever believes to own a partition may commit for it. */
  unfenced: {
    code: [],
    functions: [
      { of: ADVANCE, from: 'AND c.position = x."from" AND c.fence = x.fence', to: '' },
      { of: SETTLE, from: `AND c.fence = (p->>'fence')::bigint`, to: '' },
    ],
  },
  /** Nobody looks at the log unless a notification says so. */
  'notified-only': {
    code: [
      { file: TAIL, from: 'await this.#sleep(pollMs)', to: 'await this.#sleep(2 ** 30)' },
      { file: TAIL, from: 'this.bell.onRing(() => this.wake())', to: '() => undefined' },
      { file: NOTIFIER, from: 'this.bell.ring(', to: 'this.tail.wake(' },
    ],
    functions: [],
  },
  /** The effects commit, and then the checkpoint. The program is killed between the two where the probe sees it: what a
   *  second fold does to a view depends on the row. */
  'checkpoint-apart': {
    code: [
      {
        file: BATCHES,
        from: `await this.subscriber.apply(this.through.pools.worker, plan.deliveries, owned.advance(target, plan.held.rows, only));
        await failpoint('sub.after-commit');`,
        to: `const guard = owned.advance(target, plan.held.rows, only);
        const nothing = { ...guard.argument, partitions: [], held: [] };
        await this.subscriber.apply(this.through.pools.worker, plan.deliveries, { call: guard.call, argument: nothing });
        if (this.subscriber.name === 'rig.probe') await failpoint('sub.after-commit');
        await this.subscriber.apply(this.through.pools.worker, [], guard);`,
      },
    ],
    functions: [],
  },
};
