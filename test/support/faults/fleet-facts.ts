import { setTimeout as pause } from 'node:timers/promises';
import { withOwner } from '../../../src/platform/database/prepare.js';
import { readFacts, rowsOf, type Facts } from '../ledger-facts.js';

export interface SeenRow {
  readonly eventId: string;
  readonly stream: string;
  readonly version: number;
}

/** A row of a view that changes with each release. */
export interface ReleaseRow {
  readonly view: string;
  readonly orderId: string;
  /** Of each event of the order, the release that folded it. */
  readonly releases: readonly string[];
}

export interface EventOrigin {
  readonly eventId: string;
  readonly stream: string;
  readonly version: number;
  readonly name: string;
  readonly actor: { readonly id?: string } | null;
  readonly correlationId: string | null;
  readonly causationId: string | null;
}

/** What a fleet's database holds besides {@link Facts}, at rest. */
export interface FleetFacts extends Facts {
  /** In the order in which events took effect. */
  readonly seen: readonly SeenRow[];
  readonly notified: readonly { readonly eventId: string; readonly about: string }[];
  readonly origins: readonly EventOrigin[];
  readonly releaseRows: readonly ReleaseRow[];
  /** The release that the views are of. */
  readonly release: string;
  readonly wentBack: readonly string[];
  readonly failed: readonly string[];
}

export async function readFleetFacts(ownerUrl: string): Promise<FleetFacts> {
  const facts = await readFacts(ownerUrl);
  return withOwner(ownerUrl, async (client) => ({
    ...facts,
    leftovers: [...facts.leftovers, ...(await lastingLocks(client))],
    seen: await rowsOf<SeenRow>(client, 'SELECT event_id AS "eventId", stream, version FROM rig.seen ORDER BY seq'),
    notified: await rowsOf<FleetFacts['notified'][number]>(
      client,
      `SELECT event_id AS "eventId", matter->>'about' AS about FROM notifications.notifications`,
    ),
    origins: await rowsOf<EventOrigin>(
      client,
      `SELECT event_id AS "eventId", stream_id AS stream, version, name, meta->'actor' AS actor,
              meta->>'correlationId' AS "correlationId", meta->>'causationId' AS "causationId" FROM kernel.events`,
    ),
    releaseRows: await rowsOf<ReleaseRow>(client, RELEASE_ROWS),
    release: (
      await rowsOf<{ version: string }>(
        client,
        `SELECT string_agg(DISTINCT version::text, ' and ') AS version FROM kernel.subscriptions
          WHERE name IN ('rig.releases', 'rig.inline-releases')`,
      )
    )[0]!.version,
    wentBack: (await rowsOf<{ what: string }>(client, 'SELECT what FROM rig.went_back')).map(({ what }) => what),
    failed: (
      await rowsOf<{ what: string }>(
        client,
        `SELECT subscription || ' holds ' || key || ' (' || state || '): ' || coalesce(error, '') AS what FROM kernel.failed_events`,
      )
    ).map(({ what }) => what),
  }));
}

const RELEASE_ROWS = `
  SELECT 'rig.releases' AS view, order_id AS "orderId", string_to_array(trim(releases), ' ') AS releases FROM rig.releases
  UNION ALL SELECT 'rig.inline-releases', order_id, string_to_array(trim(releases), ' ') FROM rig.inline_releases`;

/** Advisory locks of Waybill end with their transaction: one that stays over many looks was left behind. */
async function lastingLocks(client: Parameters<typeof rowsOf>[0]): Promise<string[]> {
  let lasting: string[] | undefined;
  for (let look = 0; look < 5; look += 1) {
    const rows = await rowsOf<{ lock: string }>(
      client,
      `SELECT concat_ws(' ', 'an advisory lock of', pid, objid, virtualtransaction) AS lock FROM pg_locks WHERE locktype = 'advisory'`,
    );
    const now = new Set(rows.map(({ lock }) => lock));
    lasting = (lasting ?? [...now]).filter((lock) => now.has(lock));
    if (lasting.length === 0) return [];
    await pause(20);
  }
  return lasting ?? [];
}

/** What a fleet still has to do; nothing of it may stay. */
const TO_DO = `
WITH placed AS (SELECT coalesce(max(l.position), 0) AS last FROM kernel.log l JOIN kernel.events e ON e.id = l.event_id
                 WHERE e.name = 'ordering.order-placed'),
     ordering AS (SELECT coalesce(max(l.position), 0) AS last FROM kernel.log l JOIN kernel.events e ON e.id = l.event_id
                   WHERE e.name LIKE 'ordering.%')
SELECT (SELECT count(*) FROM kernel.events) - (SELECT head FROM kernel.log_state) AS unplaced,
       (SELECT count(*) FROM kernel.events e WHERE name LIKE 'ordering.%'
           AND NOT EXISTS (SELECT FROM rig.seen s WHERE s.event_id = e.event_id)) AS unseen,
       (SELECT count(*) FROM kernel.events e WHERE name IN ('ordering.order-placed', 'ordering.order-discarded')
           AND NOT EXISTS (SELECT FROM notifications.notifications n WHERE n.event_id = e.event_id)) AS unnotified,
       (SELECT count(*) FROM kernel.effects WHERE state = 'pending') AS undelivered,
       (SELECT count(*) FROM kernel.failed_events) AS failed,
       (SELECT count(*) FROM kernel.checkpoints c, placed, ordering WHERE
          c.subscription LIKE 'insights.%' AND c.position < placed.last
          OR c.subscription IN ('ordering.order-search', 'ordering.order-timeline', 'rig.releases') AND c.position < ordering.last) AS behind`;

/**
 * Waits until the log is read to its end by everything.
 *
 * @returns undefined when it is; else what was still to do when patience ended
 */
export async function settledWithin(ownerUrl: string, patienceMs: number): Promise<string | undefined> {
  const giveUpAt = Date.now() + patienceMs;
  for (;;) {
    const todo = await withOwner(ownerUrl, (client) => rowsOf<Record<string, number>>(client, TO_DO)).then(
      ([row]) => Object.entries(row!).filter(([, count]) => count > 0),
      (error: unknown) => [['the server', String(error)] as const],
    );
    if (todo.length === 0) return undefined;
    if (Date.now() > giveUpAt) return todo.map(([what, count]) => `${what}: ${count}`).join(', ');
    await pause(50);
  }
}
