import { VIEWS } from '../catch-up-views.mjs';
import { withOwner } from '../database.mjs';
import { cpuPer } from '../machine.mjs';
import { medianOf } from '../statistics.mjs';
import { folded, openArena } from './catch-up.mjs';

const PARTITIONS = [1, 8];
const [VIEW] = VIEWS.filter(({ subscription }) => subscription === 'ordering.order-search');

/** (g) catching up with one subscription in one process, in one partition and in eight. By turns. */
export async function measurePartitions(scope, { stage, options, say }) {
  const { events, rounds } = options;
  const arena = await openArena(scope, { stage, name: 'partitions', events });
  const turns = [];
  for (let round = 1; round <= rounds; round += 1) {
    const turn = {};
    for (const partitions of PARTITIONS) {
      await withOwner(arena.url, (client) => split(client, partitions));
      const { seconds, cpuBefore, cpuAfter } = await folded(arena, VIEW);
      turn[partitions] = { rate: events / seconds, cpuMs: cpuPer(events, cpuBefore, cpuAfter) };
    }
    turns.push(turn);
    say(
      `  ${VIEW.subscription}, round ${round}: ${PARTITIONS.map((n) => `${n}: ${Math.round(turn[n].rate)}/s`).join(', ')}`,
    );
  }
  const middle = medianOf(turns);
  return { view: VIEW.subscription, events, ...middle, ratio: middle[8].rate / middle[1].rate };
}

/** Nobody works on it: the number of its partitions is that of its checkpoints. */
async function split(client, partitions) {
  const of = [VIEW.subscription];
  await client.query('DELETE FROM kernel.leases WHERE subscription = $1', of);
  await client.query('UPDATE kernel.subscriptions SET partitions = $2 WHERE name = $1', [...of, partitions]);
  await client.query(
    `WITH gone AS (DELETE FROM kernel.checkpoints WHERE subscription = $1 RETURNING fence)
     INSERT INTO kernel.checkpoints (subscription, partition, position, fence)
     SELECT $1, p.n, 0, max(fence) + 1
       FROM gone CROSS JOIN generate_series(100, 99 + $2::int) AS p (n) GROUP BY p.n`,
    [...of, partitions],
  );
  await client.query('UPDATE kernel.checkpoints SET partition = partition - 100 WHERE subscription = $1', of);
}
