import type { PlantedFault } from '../planted-fault.js';

const FUNCTIONS = 'migrations/kernel/functions';
const FENCES = ['src/kernel/subscriptions/fences.db.spec.ts'];
const BARRIERS = ['src/kernel/subscriptions/abandoned-barrier.db.spec.ts'];
const oneOwner = "At any moment at most one worker's writes can commit for a partition.";
const once = 'Each event takes effect exactly once in each subscription, in the order of its key.';

/** Partitions, fences, leases and events that are held back. */
export const subscriptions: readonly PlantedFault[] = [
  {
    name: 'advance-without-position',
    guarantee: once,
    file: `${FUNCTIONS}/advance.sql`,
    find: 'AND c.position = x."from" AND c.fence = x.fence;',
    replace: 'AND c.fence = x.fence;',
    specs: ['src/kernel/subscriptions/effects-once.db.spec.ts'],
  },
  {
    name: 'advance-without-fence',
    guarantee: oneOwner,
    file: `${FUNCTIONS}/advance.sql`,
    find: 'AND c.position = x."from" AND c.fence = x.fence;',
    replace: 'AND c.position = x."from";',
    specs: ['src/kernel/subscriptions/effects-once.db.spec.ts'],
  },
  {
    name: 'settle-without-fence',
    guarantee: oneOwner,
    file: `${FUNCTIONS}/settle_held.sql`,
    find: "AND c.fence = (p->>'fence')::bigint FOR SHARE;",
    replace: 'FOR SHARE;',
    specs: FENCES,
  },
  {
    name: 'effects-apart-from-checkpoint',
    guarantee: once,
    file: 'src/kernel/subscriptions/batches.ts',
    find: `await this.subscriber.apply(
      this.through.pools.worker,
      plan.deliveries,
      owned.advance(target, plan.held.rows, only),
    );`,
    replace: `const guard = owned.advance(target, plan.held.rows, only);
    const nothing = { ...guard.argument, partitions: [], held: [] };
    await this.subscriber.apply(this.through.pools.worker, plan.deliveries, { call: guard.call, argument: nothing });
    await this.subscriber.apply(this.through.pools.worker, [], guard);`,
    specs: FENCES,
  },
  {
    name: 'take-over-without-fence',
    guarantee: oneOwner,
    file: `${FUNCTIONS}/take_over.sql`,
    find: 'SET fence = greatest(c.fence + 1, w.token)',
    replace: 'SET fence = c.fence',
    specs: FENCES,
  },
  {
    name: 'restart-without-fence',
    guarantee: 'A worker that was at it when a subscription was restarted commits nothing more.',
    file: 'src/kernel/subscriptions/sql/restart.ts',
    find: 'SET position = $2, event_id = $3, fence = fence + 1, updated_at',
    replace: 'SET position = $2, event_id = $3, updated_at',
    specs: FENCES,
  },
  {
    name: 'stop-without-waiting-for-batches',
    guarantee: 'A process that stops in order finishes its batches before it hands its partitions over.',
    file: 'src/kernel/subscriptions/subscription-engine.ts',
    find: 'await Promise.all(stopping);',
    replace: 'void stopping;',
    specs: FENCES,
  },
  {
    name: 'lease-taken-half-a-lease-early',
    guarantee: 'A lease is its owner’s until it ends by the database’s clock.',
    file: `${FUNCTIONS}/keep_leases.sql`,
    find: 'OR kernel.counts_until(t.expires_at, p_lease)',
    replace: 'OR kernel.counts_until(t.expires_at - p_lease / 2, p_lease)',
    and: [
      {
        file: `${FUNCTIONS}/keep_leases.sql`,
        find: 'WHERE NOT kernel.counts_until(l.expires_at, p_lease)',
        replace: 'WHERE NOT kernel.counts_until(l.expires_at - p_lease / 2, p_lease)',
      },
    ],
    specs: ['src/kernel/subscriptions/leases.db.spec.ts'],
  },
  {
    name: 'held-key-forgotten',
    guarantee: 'Later events of a key wait for one that could not take effect.',
    file: 'src/kernel/subscriptions/batch-plan.ts',
    find: 'if (this.known.isHeld(key) || this.parked.has(key))',
    replace: 'if (this.parked.has(key))',
    specs: ['src/kernel/subscriptions/held-order.db.spec.ts'],
  },
  {
    name: 'newest-waiting-event-first',
    guarantee: 'Events that waited behind a failed one take effect in their order.',
    file: `${FUNCTIONS}/settle_held.sql`,
    find: 'AND h.position = (SELECT min(n.position) FROM kernel.held_events n',
    replace: 'AND h.position = (SELECT max(n.position) FROM kernel.held_events n',
    specs: ['src/kernel/subscriptions/held-order.db.spec.ts'],
  },
  {
    name: 'prefix-key-waits-for-one-partition',
    guarantee: 'A read that waits for several rows waits for the partitions of all of them.',
    file: 'src/kernel/consistency/view-freshness.ts',
    find: 'return key === undefined || key.isPrefix ? undefined : key.text;',
    replace: 'return key?.text;',
    specs: ['src/kernel/consistency/rows-of-a-prefix.db.spec.ts'],
  },
  {
    name: 'epoch-of-token-not-compared',
    guarantee: 'A token of before a restore is answered as of an unknown epoch.',
    file: 'src/kernel/consistency/view-freshness.ts',
    find: 'if (epoch === this.epoch.current) return true;',
    replace: 'if (epoch !== undefined) return true;',
    specs: ['src/kernel/consistency/view-freshness.db.spec.ts'],
  },
  {
    name: 'handlers-speak-for-the-database',
    guarantee: 'An event whose handler fails as another database does holds up its own stream alone.',
    file: 'src/kernel/subscriptions/faults.ts',
    find: "return typeof error === 'object' && error !== null && ofUserCode.has(error) ? undefined : classify(error).sqlState;",
    replace: 'return classify(error).sqlState;',
    specs: ['src/kernel/subscriptions/odd-errors.db.spec.ts'],
  },
  {
    name: 'view-emptied-after-the-wait',
    guarantee: 'A view that is emptied while a query reads it is not said to be fresh.',
    file: 'src/kernel/consistency/view-freshness.ts',
    find: 'if (before === fencesOf(names, await this.board.latest(names))) return { answer, freshness };',
    replace: "if (before !== '') return { answer, freshness };",
    specs: ['src/kernel/consistency/reads-again.db.spec.ts'],
  },
  {
    name: 'token-of-the-last-query-of-a-message',
    guarantee: 'The token of an answer names all that its queries have seen.',
    file: 'src/kernel/consistency/consistency-token.ts',
    find: 'return this.issue({ epoch: b.epoch, position: Math.max(a.position, b.position), event });',
    replace: 'void event; return second;',
    specs: ['src/kernel/consistency/reads-again.db.spec.ts'],
  },
  {
    name: 'key-asked-as-it-is-spelt',
    guarantee: 'A read waits for the row that it finds, however its key is spelt.',
    file: 'src/kernel/consistency/key-in-view.ts',
    find: "if (sqlType === 'uuid') return UUID.test(text.toLowerCase()) ? text.toLowerCase() : undefined;",
    replace: "if (sqlType === 'uuid') return text;",
    specs: ['src/kernel/consistency/key-in-view.spec.ts'],
  },
  {
    name: 'locks-none-of-replaced-checkpoints',
    guarantee:
      'Whoever locks the checkpoints of a subscription holds all of them, also after a repartition has replaced them.',
    file: `${FUNCTIONS}/lock_checkpoints.sql`,
    find: 'EXIT WHEN v_locked = (SELECT count(*) FROM kernel.checkpoints c WHERE c.subscription = p_name);',
    replace: 'EXIT;',
    specs: ['src/kernel/subscriptions/replaced-checkpoints.db.spec.ts'],
  },
  {
    name: 'queued-behind-nothing-for-ever',
    guarantee: 'A queued event with nothing in front of it is tried once a worker takes its partition over.',
    file: 'src/kernel/subscriptions/sql/held-events.ts',
    find: "WHERE h.subscription = $1 AND h.partition = ANY ($2) AND h.state = 'queued'",
    replace: "WHERE false AND h.subscription = $1 AND h.partition = ANY ($2) AND h.state = 'queued'",
    specs: ['src/kernel/subscriptions/dead-letters.db.spec.ts'],
  },
  {
    name: 'restart-keeps-abandoned-barrier',
    guarantee: 'A restarted handler goes beyond the barrier of a repartition that was killed.',
    file: 'src/kernel/subscriptions/sql/restart.ts',
    find: 'failed_at = NULL, barrier = NULL WHERE',
    replace: 'failed_at = NULL WHERE',
    specs: BARRIERS,
  },
  {
    name: 'rebuild-keeps-abandoned-barrier',
    guarantee: 'A rebuilt view is filled beyond the barrier of a repartition that was killed.',
    file: 'src/kernel/projections/sql/rebuild.ts',
    find: 'has_own_keys = $5, barrier = NULL,',
    replace: 'has_own_keys = $5,',
    specs: BARRIERS,
  },
  {
    name: 'workers-keep-abandoned-barrier',
    guarantee: 'A worker removes the barrier of a repartition that was killed.',
    file: 'src/kernel/subscriptions/lease-keeper.ts',
    find: 'if (behind.length > 0 && (await',
    replace: 'if (behind.length < 0 && (await',
    specs: BARRIERS,
  },
  {
    name: 'barrier-of-live-repartition-removed',
    guarantee: 'A worker leaves the barrier of a repartition under way.',
    file: 'src/kernel/subscriptions/sql/repartition-lock.ts',
    find: 'AND NOT kernel.is_being_repartitioned(name)`',
    replace: '`',
    specs: BARRIERS,
  },
];
