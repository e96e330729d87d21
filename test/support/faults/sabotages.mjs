/**
 * What the rig must catch: each takes one protection out of the program under test, in its code (text of the built files)
 * or in its functions in the database. There is no switch for any of it in the program itself.
 */
const SEQUENCE = 'kernel.sequence(int, boolean)';
const ADVANCE = 'kernel.advance(jsonb)';
const SETTLE = 'kernel.settle_failed_event(jsonb)';
const TAKE_OVER = 'kernel.take_over(text, int, text, text, jsonb)';
const COMMIT = 'kernel.commit(jsonb)';
const COUNTS = 'kernel.counts_until(timestamptz, interval)';
const BATCHES = '/dist/kernel/subscriptions/batches.js';
const TAIL = '/dist/kernel/event-log/log-tail.js';
const MEMORY = '/dist/kernel/event-log/log-memory.js';
const OWNED = '/dist/kernel/subscriptions/owned-partitions.js';
const FAULTS = '/dist/kernel/subscriptions/faults.js';
const REBUILD = '/dist/kernel/projections/sql/rebuild.js';
const NOTIFIER = '/dist/kernel/event-log/log-notifier.js';
const UNITS = '/dist/kernel/commands/command-pipeline.js';

const forgetsGaps = [
  { of: SEQUENCE, from: 'gap_from = g.lows', to: `gap_from = '{}'` },
  { of: SEQUENCE, from: 'gap_to = g.highs', to: `gap_to = '{}'` },
  { of: SEQUENCE, from: 'gap_bounds = g.bounds', to: `gap_bounds = '{}'` },
];

export const sabotages = {
  /** A cursor on the ascending id: positions are ids, and what becomes visible late is never seen. */
  'reader-by-id': {
    code: [],
    functions: [
      ...forgetsGaps,
      { of: SEQUENCE, from: 'SELECT v_state.head + n.ord, n.id FROM', to: 'SELECT n.id, n.id FROM' },
      { of: SEQUENCE, from: 'SET head = v_state.head + cardinality(v_next)', to: 'SET head = v_top' },
      { of: SEQUENCE, from: 'head := v_state.head + cardinality(v_next)', to: 'head := v_top' },
    ],
  },
  /** Positions go to what is visible, and ids that aren't yet are taken for rolled back. */
  'forgets-gaps': { code: [], functions: forgetsGaps },
  /** The client is answered before anything is stored. */
  'acknowledges-before-commit': {
    code: [
      {
        file: UNITS,
        from: 'return commitWork(transaction.pool, plan.work, unit.commitWrites, unit.checkpoint);',
        to:
          '{ const later = () => commitWork(transaction.pool, plan.work, unit.commitWrites, unit.checkpoint).catch(() => undefined);' +
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
      { file: TAIL, from: 'return this.#pollMs;', to: 'return 2 ** 30;' },
      { file: TAIL, from: 'this.signal.onCommit(() => this.wake())', to: '() => undefined' },
      { file: NOTIFIER, from: 'this.signal.emit(', to: 'this.tail.wake(' },
    ],
    functions: [],
  },
  /** The effects commit, and then the checkpoint. The program is killed between the two where the probe sees it: what a
   *  second fold does to a view depends on the row. */
  'checkpoint-apart': {
    code: [
      {
        file: BATCHES,
        from: `await this.subscriber.apply(this.through.pools.worker, plan.deliveries, owned.advance(target, plan.failedRows.rows, only));
        await failpoint('sub.after-commit');`,
        to: `const guard = owned.advance(target, plan.failedRows.rows, only);
        const nothing = { ...guard.argument, partitions: [], failed: [] };
        await this.subscriber.apply(this.through.pools.worker, plan.deliveries, { call: guard.call, argument: nothing });
        if (this.subscriber.name === 'rig.probe') await failpoint('sub.after-commit');
        await this.subscriber.apply(this.through.pools.worker, [], guard);`,
      },
    ],
    functions: [],
  },
  /** What was read before a failover or a restore is taken for the log of now. */
  'trusts-its-memory': {
    code: [
      {
        file: TAIL,
        from: 'const part = await this.#newPart(seen, names);',
        to: `const part = this.#head < 0 || seen.head <= this.#head
            ? undefined
            : await readLog(this.pools.worker, { after: this.#head, to: seen.head, names });`,
      },
      { file: MEMORY, from: 'if (!isWhole || part.after !== this.#parts.at(-1)?.to)', to: 'if (!isWhole)' },
    ],
    functions: [{ of: ADVANCE, from: 'IF NOT FOUND THEN', to: 'IF false THEN' }],
  },
  /** Partitions are taken over by the leases and the layout that a worker has seen last. */
  'old-layout': {
    code: [
      { file: OWNED, from: 'this.#partitions = layout.partitions;', to: 'this.#partitions = leases[0].partitions;' },
    ],
    functions: [
      {
        of: TAKE_OVER,
        from: 'JOIN kernel.leases l ON l.subscription = p_name AND l.partition = w.partition AND l.owner = p_replica AND l.token = w.token',
        to: '',
      },
    ],
  },
  /** Any release fills a view beside the one that it is of. */
  'mixes-releases': {
    code: [{ file: REBUILD, from: 'AND v.version <> $2::text', to: 'AND v.version <> $2::text AND false' }],
    functions: [
      { of: TAKE_OVER, from: `IF v_known.version = p_version AND v_known.status = 'running'`, to: 'IF true OR true' },
      { of: COMMIT, from: `AND s.version = (x->>'version')::int AND s.rebuild_to IS NULL`, to: '' },
    ],
  },
  /** Turns are measured by the wall clock. */
  'wall-clock': { code: [{ file: TAIL, from: 'performance.now()', to: 'Date.now()' }], functions: [] },
  /** A time in the future counts, however far away it is. */
  'believes-future-times': {
    code: [],
    functions: [{ of: COUNTS, from: 'AND p_time <= clock_timestamp() + p_lease', to: '' }],
  },
  /** An event that runs into the time-out is tried again in its place for as long as it does. */
  'insists-on-slow-events': {
    code: [{ file: FAULTS, from: `'conflict', 'lock-timeout']`, to: `'conflict', 'lock-timeout', 'timeout']` }],
    functions: [],
  },
};
