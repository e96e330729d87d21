import { setTimeout as pause } from 'node:timers/promises';
import { withOwner } from '../../../src/platform/database/prepare.js';
import type { BuiltProgram } from '../processes.js';
import type { Scene, Injected } from './scene.js';

const VIEWS = ['rig.releases', 'rig.inline-releases'];
/** Longer than a worker waits for a lock in this fleet, and shorter than the rebuild does. */
const EMPTYING_MS = 3_500;
const REFUSED = 3;

/**
 * The next release is deployed under load. The rebuild of its views is tried beside the old release: where that is refused,
 * the old processes end first. Then processes of the new release replace the old ones, one after the other.
 */
export async function rollOut({ fleet }: Scene): Promise<Injected> {
  const { members } = fleet;
  fleet.release += 1;
  const isRefused = !(await rebuilt(members[0]!.run('rebuild.mjs', VIEWS), fleet.ownerUrl));
  if (isRefused) {
    await Promise.all(members.map((member) => member.end()));
    const again = members[0]!.run('rebuild.mjs', VIEWS);
    if (!(await rebuilt(again, fleet.ownerUrl))) throw new Error(`The rebuild is refused:\n${again.output}`);
  }
  const replaceOld = async (): Promise<void> => {
    for (const member of members) {
      if (member.isRunning) await member.end();
      await member.start();
    }
  };
  if (!isRefused) return { detail: `release ${fleet.release}`, heal: replaceOld };
  await Promise.all(members.map((member) => member.start()));
  return { detail: `release ${fleet.release}, rebuilt after the old one had ended` };
}

/** Emptying a large view takes long; here somebody holds one of its rows for a while, which is the same for all others. */
async function rebuilt(rebuild: BuiltProgram, ownerUrl: string): Promise<boolean> {
  await rebuild.said(/ready to rebuild/);
  await withOwner(ownerUrl, async (client) => {
    await client.query('BEGIN; SELECT FROM rig.releases LIMIT 1 FOR UPDATE');
    rebuild.tell('go');
    await Promise.race([pause(EMPTYING_MS), rebuild.ended]);
    await client.query('ROLLBACK');
  });
  const { code } = await rebuild.ended;
  if (code !== 0 && code !== REFUSED) throw new Error(`The rebuild ended with ${code}:\n${rebuild.output}`);
  return code === 0;
}
