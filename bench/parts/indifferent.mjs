import { withOwner } from '../database.mjs';
import { cpuPer } from '../machine.mjs';
import { median } from '../statistics.mjs';
import { caughtUp, openArena } from './catch-up.mjs';

/** Hears of discarded drafts alone; the log holds placed orders. */
const SUBSCRIPTION = 'notifications.notify-order-discarded';

/** (h) what each event costs a subscription that doesn't care for it, as CPU time, while it passes over all of them. */
export async function measureIndifferent(scope, { stage, options, say }) {
  const { events, rounds } = options;
  const arena = await openArena(scope, { stage, name: 'indifferent', events });
  const turns = [];
  for (let round = 1; round <= rounds; round += 1) {
    await withOwner(arena.url, (client) =>
      client.query('UPDATE kernel.checkpoints SET position = 0, event_id = NULL WHERE subscription = $1', [
        SUBSCRIPTION,
      ]),
    );
    const { cpuBefore, cpuAfter } = await caughtUp(arena, SUBSCRIPTION);
    turns.push(cpuPer(events, cpuBefore, cpuAfter));
  }
  const cpuMs = Object.fromEntries(Object.keys(turns[0]).map((who) => [who, median(turns.map((turn) => turn[who]))]));
  say(`  ${SUBSCRIPTION}: ${JSON.stringify(cpuMs)} ms per event`);
  return { subscription: SUBSCRIPTION, events, cpuMs };
}
