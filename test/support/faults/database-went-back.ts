import { withOwner } from '../../../src/platform/database/prepare.js';
import { rowsOf } from '../ledger-facts.js';
import { lostKeys } from '../ledger-went-back.js';
import { BuiltProgram } from '../processes.js';
import type { Fleet } from './fleet.js';
import type { Injected, Scene } from './scene.js';

/**
 * A standby falls behind; after some more commands the server dies, and the standby takes its place at the same address.
 * No process is restarted, and nobody tells them.
 */
export async function failOver(scene: Scene): Promise<Injected> {
  const { database } = scene.fleet;
  const standby = await database.standby();
  const since = performance.now();
  await standby.caughtUp();
  standby.fallBehind();
  return { detail: 'a standby lags', heal: () => goBack(scene, since, () => database.failOverTo(standby)) };
}

/**
 * The data folder is copied; after some more commands the server dies, and another one starts on the copy: same cluster,
 * same timeline, and the next events get the ids of lost ones. Then the operator begins a new epoch, while processes run.
 */
export async function restore(scene: Scene): Promise<Injected> {
  const { fleet } = scene;
  const since = performance.now();
  const snapshot = await fleet.database.snapshot();
  const heal = async (): Promise<void> => {
    await goBack(scene, since, () => fleet.database.restore(snapshot));
    await beginEpoch(fleet);
  };
  return { detail: 'a copy was made', heal };
}

/** While nobody reaches the database it is replaced by one of before, and the ledger learns what is gone. */
async function goBack({ fleet, ledger }: Scene, since: number, replace: () => Promise<void>): Promise<void> {
  for (const member of fleet.members) member.cutOff(true);
  await replace();
  fleet.retarget();
  const keys = lostKeys(ledger.read(), await blockedKeys(fleet.ownerUrl));
  ledger.write({ at: performance.now(), kind: 'went-back', since, keys });
  for (const member of fleet.members) member.cutOff(false);
}

async function blockedKeys(ownerUrl: string): Promise<ReadonlySet<string>> {
  const rows = await withOwner(ownerUrl, (client) =>
    rowsOf<{ key: string }>(client, `SELECT key FROM kernel.idempotency WHERE kind = 'client'`),
  );
  return new Set(rows.map(({ key }) => key));
}

async function beginEpoch(fleet: Fleet): Promise<void> {
  const { environment } = fleet.database;
  const args = ['log', 'begin-epoch', '--reason', 'a copy of before was restored'];
  const command = BuiltProgram.start('dist/cli/main.js', args, { ...environment, LOG_LEVEL: 'error' });
  const { code } = await command.ended;
  if (code !== 0) throw new Error(`waybill ${args.join(' ')} ended with ${code}:\n${command.output}`);
}
