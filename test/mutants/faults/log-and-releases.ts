import type { PlantedFault } from '../planted-fault.js';

const FUNCTIONS = 'migrations/kernel/functions';
const TAIL = 'src/kernel/event-log/log-tail.ts';
const REWOUND = ['src/kernel/event-log/rewound-log.db.spec.ts'];
const REGISTERED = ['src/kernel/subscriptions/registered-events.db.spec.ts'];
const sameLog = 'After a failover or a restore no lost event takes effect and no new one is passed over.';
const oneRelease = 'Two releases side by side never mix their rows in one view.';
const laterStarter =
  'Of two releases of which neither takes all events of the other, the one that started later keeps a subscription.';

/** What keeps a log that was failed over or restored, and releases side by side, from spoiling each other's effects. */
export const logAndReleases: readonly PlantedFault[] = [
  {
    name: 'advance-without-event',
    guarantee: sameLog,
    file: `${FUNCTIONS}/advance.sql`,
    find: 'WHERE l.position = v_position AND e.event_id = v_event; IF NOT FOUND',
    replace: 'WHERE l.position = v_position; IF NOT FOUND',
    specs: REWOUND,
  },
  {
    name: 'settle-without-event',
    guarantee: sameLog,
    file: `${FUNCTIONS}/settle_failed_event.sql`,
    find: "AND l.position = h.position AND l.event_id = h.event_id AND e.event_id = (p->>'eventId')::uuid;",
    replace: 'AND l.position = h.position;',
    specs: ['src/kernel/subscriptions/fences.db.spec.ts'],
  },
  {
    name: 'tail-trusts-its-memory',
    guarantee: sameLog,
    file: TAIL,
    find: "return (part.afterEventId ?? null) === this.#headEvent ? part : 'rewound';",
    replace: 'return part;',
    and: [
      {
        file: TAIL,
        find: "if (head < this.#head || (head === this.#head && headEvent !== this.#headEvent)) return 'rewound';",
        replace: 'if (head < this.#head) return undefined; void headEvent;',
      },
    ],
    specs: REWOUND,
  },
  {
    name: 'part-behind-another-event',
    guarantee: sameLog,
    file: 'src/kernel/subscriptions/owned-partitions.ts',
    find: 'return this.#reached.eventId === afterEventId;',
    replace: "return this.#reached.eventId !== '';",
    specs: ['src/kernel/subscriptions/stop-before-unreadable.spec.ts'],
  },
  {
    name: 'epoch-not-followed-by-reads',
    guarantee: 'A process that only reads takes no token of a lost log for one of the log that it reads.',
    file: 'src/kernel/consistency/view-consistency.ts',
    find: 'if (epoch !== this.epoch.known) await this.epoch.refresh();',
    replace: 'void epoch;',
    specs: ['src/kernel/event-log/epoch.db.spec.ts'],
  },
  {
    name: 'epoch-of-a-wait-not-compared',
    guarantee: 'A read that has waited for the views of a lost log is not said to be fresh.',
    file: 'src/kernel/consistency/view-consistency.ts',
    find: 'if (this.epoch.current !== seen.epoch) return this.#unknown(readings);',
    replace: '',
    specs: ['src/kernel/event-log/epoch.db.spec.ts'],
  },
  {
    name: 'commit-of-another-epoch',
    guarantee: 'A command that was loaded from a log that was failed over since is run again from what is stored.',
    file: `${FUNCTIONS}/commit.sql`,
    find: "IF p_work->>'epoch' <> (SELECT",
    replace: "IF false AND p_work->>'epoch' <> (SELECT",
    specs: REWOUND,
  },
  {
    name: 'identity-not-compared-on-new-connections',
    guarantee: 'A failover under a running process begins an epoch.',
    file: 'src/kernel/event-log/epoch.ts',
    find: 'if (identity === this.#identity) return; await',
    replace: 'if (identity !== undefined) return; await',
    specs: ['src/kernel/event-log/epoch.db.spec.ts'],
  },
  {
    name: 'diverged-subscriptions-go-on',
    guarantee: 'A subscription that has seen a lost event stands still until an operator has repaired it.',
    file: `${FUNCTIONS}/mark_diverged.sql`,
    find: "SET status = 'diverged' WHERE s.name = v_name",
    replace: 'SET status = s.status WHERE s.name = v_name',
    specs: ['src/kernel/subscriptions/diverged.db.spec.ts'],
  },
  {
    name: 'take-over-of-any-version',
    guarantee: oneRelease,
    file: `${FUNCTIONS}/take_over.sql`,
    find: "IF v_known.version = p_version AND v_known.status = 'running' AND v_known.paused_at IS NULL AND kernel.run_of(p_name, p_version, v_known.registered) = p_run THEN",
    replace: "IF v_known.status = 'running' AND v_known.paused_at IS NULL AND p_run IS NOT NULL THEN",
    specs: ['src/kernel/subscriptions/take-over.db.spec.ts'],
  },
  {
    name: 'take-over-without-lease',
    guarantee: 'Who lost a lease takes no partition back.',
    file: `${FUNCTIONS}/take_over.sql`,
    find: 'AND l.owner = p_replica AND l.token = w.token',
    replace: '',
    specs: ['src/kernel/subscriptions/take-over.db.spec.ts'],
  },
  {
    name: 'take-over-of-partitions-that-are-gone',
    guarantee: 'After partitions were merged nobody works on one that is no more.',
    file: `${FUNCTIONS}/take_over.sql`,
    find: 'AND w.partition < v_known.partitions',
    replace: '',
    specs: ['src/kernel/subscriptions/take-over.db.spec.ts'],
  },
  {
    name: 'leases-to-releases-with-other-events',
    guarantee: 'No event is passed over by a release that does not know that the subscription takes it.',
    file: `${FUNCTIONS}/fair_shares.sql`,
    find: 'FROM kernel.subscriptions u JOIN runners n ON n.run = kernel.run_of(u.name, u.version, u.registered)',
    replace: "FROM kernel.subscriptions u JOIN runners n ON n.run LIKE u.name || '@%'",
    specs: ['src/kernel/subscriptions/leases.db.spec.ts'],
  },
  {
    name: 'events-of-a-live-release-replaced-at-a-renewal',
    guarantee: laterStarter,
    file: `${FUNCTIONS}/register_events.sql`,
    find: 'AND (p_renewing IS NULL OR p_events @> v_known.registered);',
    replace: ';',
    specs: REGISTERED,
  },
  {
    name: 'starting-release-not-announced',
    guarantee: laterStarter,
    file: 'src/kernel/subscriptions/subscription-engine.ts',
    find: 'await keeper.announce();',
    replace: '',
    specs: REGISTERED,
  },
  {
    name: 'silence-after-an-outage-believed',
    guarantee: 'After an outage the first release that reconnects takes no subscription from one that reconnects next.',
    file: `${FUNCTIONS}/register_events.sql`,
    find: 'v_is_in_use := NOT v_sees_all OR EXISTS',
    replace: 'v_is_in_use := EXISTS',
    specs: REGISTERED,
  },
  {
    name: 'time-beyond-a-lease-believed',
    guarantee: 'A clock that was wrong for a moment gives nobody a lease for years.',
    file: `${FUNCTIONS}/counts_until.sql`,
    find: 'SELECT p_time > clock_timestamp() AND p_time <= clock_timestamp() + p_lease',
    replace: 'SELECT p_time > clock_timestamp()',
    specs: ['src/kernel/subscriptions/leases.db.spec.ts'],
  },
  {
    name: 'inline-view-of-any-version',
    guarantee: oneRelease,
    file: `${FUNCTIONS}/commit.sql`,
    find: "AND s.version = (x->>'version')::int AND s.rebuild_to IS NULL) THEN",
    replace: 'AND s.rebuild_to IS NULL) THEN',
    specs: ['src/kernel/projections/rebuild-of-releases.db.spec.ts'],
  },
  {
    name: 'inline-view-written-during-its-rebuild',
    guarantee: 'Writers of an inline view are refused at once while it is rebuilt.',
    file: `${FUNCTIONS}/commit.sql`,
    find: "AND s.version = (x->>'version')::int AND s.rebuild_to IS NULL) THEN",
    replace: "AND s.version = (x->>'version')::int) THEN",
    specs: ['src/kernel/projections/rebuild-under-way.db.spec.ts'],
  },
  {
    name: 'rebuild-does-not-wait-for-writers',
    guarantee: 'A rebuild folds what a commit under way writes.',
    file: 'src/kernel/projections/projection-rebuild.ts',
    find: 'await awaitEarlierWriters(client, name);',
    replace: 'void awaitEarlierWriters;',
    specs: ['src/kernel/projections/rebuild-of-releases.db.spec.ts'],
  },
  {
    name: 'rows-of-two-streams',
    guarantee: 'A row of an inline view is written by one stream alone.',
    file: `${FUNCTIONS}/is_row_of_stream.sql`,
    find: 'IF p_stored <= p_from THEN',
    replace: 'IF true THEN',
    specs: ['src/kernel/projections/inline-projections.db.spec.ts'],
  },
];
