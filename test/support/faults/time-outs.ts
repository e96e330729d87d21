import { setTimeout as pause } from 'node:timers/promises';
import { withOwner } from '../../../src/platform/database/prepare.js';
import { until } from '../../../src/kernel/testing/until.js';
import { rowsOf } from '../ledger-facts.js';
import { Drafter } from '../shop-client.js';
import { after, type Injected, type Scene } from './scene.js';

/** Statements take about a millisecond: a storm that looks rarely may meet none. */
const CANCEL_EVERY_MS = 10;
const LONGEST_STORM_MS = 8_000;
/**
 * How long other events may wait at most: for the worker's statement time-out (3 s), for that of its successor if the
 * partition changes hands meanwhile, for the lease between the two (2 s), and until what has waited is handled.
 */
const PATIENCE_MS = 9_000;

/** A session holds one of the kernel's tables for longer than anybody waits. */
export async function lockTable(
  { fleet }: Scene,
  { table, ms }: { readonly table: string; readonly ms: number },
): Promise<Injected> {
  const held = withOwner(fleet.ownerUrl, async (client) => {
    await client.query(`BEGIN; LOCK TABLE ${table} IN EXCLUSIVE MODE`);
    await pause(ms);
    await client.query('ROLLBACK');
  });
  return { detail: 'locked', heal: () => held };
}

/** Every statement under way is cancelled, again and again: that is what a statement time-out looks like to its caller. */
export async function cancelStatements({ fleet }: Scene, ms: number): Promise<Injected> {
  const startedAt = performance.now();
  let cancelled = 0;
  const goesOn = (): boolean => {
    const lasted = performance.now() - startedAt;
    return lasted < ms || (cancelled === 0 && lasted < LONGEST_STORM_MS);
  };
  const storm = withOwner(fleet.ownerUrl, async (client) => {
    while (goesOn()) {
      const { rowCount } = await client.query(
        `SELECT pg_cancel_backend(pid) FROM pg_stat_activity
          WHERE application_name LIKE 'waybill-%' AND state = 'active' AND pid <> pg_backend_pid()`,
      );
      cancelled += rowCount ?? 0;
      await pause(CANCEL_EVERY_MS);
    }
  });
  return { detail: 'a storm', heal: async () => (await storm, cancelled === 0 ? ['no statement was cancelled'] : []) };
}

/**
 * The events of one order run into the statement time-out whenever the probe handles them. Events of other orders must go
 * on, also those of its partition.
 */
export async function slowEvent({ fleet, shop }: Scene, ms: number): Promise<Injected> {
  const drafter = await Drafter.start(fleet.apis[0]!.url, shop);
  const { stream } = drafter;
  await withOwner(fleet.ownerUrl, async (client) => {
    const isSeen = async (): Promise<boolean> =>
      (await client.query({ text: 'SELECT FROM rig.seen WHERE stream = $1', values: [stream] })).rowCount === 1;
    await until('the probe has seen the draft', isSeen);
    await client.query({ text: 'INSERT INTO rig.slow VALUES ($1)', values: [stream] });
  });
  await drafter.addLine();
  await drafter.addLine();
  return { detail: stream, heal: after(ms, () => waitingBehind(fleet.ownerUrl, stream)) };
}

async function waitingBehind(ownerUrl: string, slow: string): Promise<readonly string[]> {
  return withOwner(ownerUrl, async (client) => {
    const [waiting] = await rowsOf<{ count: number; longest: number }>(
      client,
      `SELECT count(*)::int AS count, extract(epoch FROM clock_timestamp() - min(recorded_at))::float8 AS longest
         FROM kernel.events e WHERE name LIKE 'ordering.%' AND stream_id <> '${slow}'
          AND recorded_at < clock_timestamp() - ${PATIENCE_MS} * interval '1 millisecond'
          AND NOT EXISTS (SELECT FROM rig.seen s WHERE s.event_id = e.event_id)`,
    );
    const tries = await rowsOf<{ said: string }>(
      client,
      `SELECT format('%s after %s tries, stored %s s ago', state, attempts,
                     round(extract(epoch FROM clock_timestamp() - failed_at), 1)) AS said
         FROM kernel.failed_events WHERE subscription = 'rig.probe' AND key = '${slow}' ORDER BY position`,
    );
    await client.query('DELETE FROM rig.slow');
    const { count, longest } = waiting!;
    const slowOnes = tries.map(({ said }) => said).join(', ') || 'not stored as failed';
    return count === 0
      ? []
      : [`G12: ${count} events of other orders wait, up to ${longest.toFixed(1)} s; those that time out: ${slowOnes}`];
  });
}
