import { until } from '../../../src/kernel/testing/until.js';
import { Seeded } from '../seed.js';
import { failOver, restore } from './database-went-back.js';
import type { FleetMember } from './fleet-member.js';
import type { Fault } from './plan.js';
import { rollOut } from './roll-out.js';
import { after, type Injected, type Scene } from './scene.js';
import { setServerClockBack } from './server-clock.js';
import { repartition } from './stale-leases.js';
import { cancelStatements, lockTable, slowEvent } from './time-outs.js';

/** How long a failpoint or a statement is waited for that may have no reason to come. */
const MEET_MS = 6_000;

type MemberFault = Extract<Fault, { target: string }>;
type SceneFault = Exclude<Fault, MemberFault>;

/** What befalls the database, or all processes. */
const INJECTIONS: {
  readonly [Kind in SceneFault['kind']]: (
    scene: Scene,
    fault: Extract<SceneFault, { kind: Kind }>,
    seed: Seeded,
  ) => Promise<Injected>;
} = {
  'kill-backend': async ({ fleet }, _, seed) => {
    await fleet.database.killBackend(seed, 'waybill-%');
    return { detail: 'a backend' };
  },
  'kill-server': async ({ fleet }) => {
    await fleet.database.killPostmaster();
    fleet.retarget();
    return { detail: 'the postmaster' };
  },
  'pause-server': async ({ fleet: { database } }, { ms }) => ({
    detail: `${database.stopAll()} processes`,
    heal: after(ms, () => database.goOn()),
  }),
  failover: failOver,
  restore,
  repartition: (scene, { factor }) => repartition(scene, factor),
  'roll-out': rollOut,
  lock: lockTable,
  cancel: (scene, { ms }) => cancelStatements(scene, ms),
  'slow-event': (scene, { ms }) => slowEvent(scene, ms),
};

/** Makes a planned fault happen. Resolves while it lasts, or when it has passed. */
export function inject(scene: Scene, fault: Fault, seed: Seeded): Promise<Injected> {
  if ('target' in fault) return injectInto(scene, scene.fleet.member(fault.target), fault);
  const injection = INJECTIONS[fault.kind] as (scene: Scene, fault: SceneFault, seed: Seeded) => Promise<Injected>;
  return injection(scene, fault, seed);
}

async function injectInto(scene: Scene, member: FleetMember, fault: MemberFault): Promise<Injected> {
  switch (fault.kind) {
    case 'kill':
      await member.kill();
      return { detail: 'killed', gone: member };
    case 'end':
      return { detail: `ended in ${await endInOrder(member)} ms`, gone: member };
    case 'pause':
      member.stop();
      return { detail: 'stopped', heal: after(fault.ms, () => member.goOn()) };
    case 'clock':
      return stepClock(member, fault);
    case 'server-clock':
      return setServerClockBack(scene, member);
    case 'cut':
      member.cut();
      return { detail: 'cut' };
    case 'black-hole':
      return blackHole(member, fault);
    case 'swallow':
      return swallow(member, fault);
    default:
      return atFailpoint(member, fault);
  }
}

async function atFailpoint(
  member: FleetMember,
  fault: Extract<MemberFault, { kind: 'kill-at' | 'zombie' | 'throw' | 'delay' }>,
): Promise<Injected> {
  const { failpoint } = fault;
  if (fault.kind === 'delay') {
    await member.arm(`${failpoint}=delay:${fault.ms}`);
    return { detail: 'armed', heal: () => member.arm('') };
  }
  const { nth } = fault;
  if (fault.kind === 'throw') {
    await member.arm(`${failpoint}=throw:${fault.code}@${nth}`);
    return { detail: 'armed', heal: () => member.arm('') };
  }
  const happens = fault.kind === 'kill-at' ? (): boolean => !member.isRunning : (): boolean => member.isStopped;
  await member.arm(`${failpoint}=${fault.kind === 'kill-at' ? 'kill' : 'stop'}@${nth}`);
  const met = await until('the failpoint is met', happens, MEET_MS).then(
    () => true,
    () => false,
  );
  if (!met) {
    await member.arm('');
    // It may have been met in that very moment.
    if (!happens()) return { detail: 'not met' };
  }
  if (fault.kind === 'kill-at') return { detail: 'met', gone: member };
  return { detail: 'met', heal: after(fault.ms, () => member.goOn()) };
}

/** The clock stays as it is until everything is settled; then it is right again, at once or by a restart. */
async function stepClock(member: FleetMember, { ms, ends }: Extract<Fault, { kind: 'clock' }>): Promise<Injected> {
  await member.stepClock(ms);
  const afterSettled = async (): Promise<void> => {
    if (ends === 'step') return member.stepClock(0);
    await endInOrder(member);
    await member.start();
  };
  return { detail: 'stepped', afterSettled };
}

async function endInOrder(member: FleetMember): Promise<number> {
  const { ms, code } = await member.end();
  if (code !== 0) throw new Error(`${member.name} ended with ${code} on SIGTERM:\n${member.output}`);
  return ms;
}

function blackHole(member: FleetMember, { ms, ends }: Extract<Fault, { kind: 'black-hole' }>): Injected {
  member.black(true);
  return {
    detail: 'black',
    heal: after(ms, () => {
      if (ends === 'cut') member.cut();
      member.black(false);
    }),
  };
}

async function swallow(
  member: FleetMember,
  { statement, how }: Extract<Fault, { kind: 'swallow' }>,
): Promise<Injected> {
  let met = false;
  void member.line.swallowAnswerTo(statement, how).then(() => (met = true));
  await until('the statement comes by', () => met, MEET_MS).catch(() => member.line.swallowNothing());
  return { detail: met ? 'swallowed' : 'not met' };
}
