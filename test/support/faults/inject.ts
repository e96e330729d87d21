import { setTimeout as pause } from 'node:timers/promises';
import { until } from '../../../src/kernel/testing/until.js';
import { Seeded } from '../seed.js';
import type { Fleet } from './fleet.js';
import type { FleetMember } from './fleet-member.js';
import type { Fault } from './plan.js';

/** How long a failpoint or a statement is waited for that may have no reason to come. */
const MEET_MS = 6_000;

/** A fault that has happened. */
export interface Injected {
  /** What was seen of it, for the record. */
  readonly detail: string;
  /** Ends what is still going on; undefined where it is over already. */
  readonly heal?: () => Promise<void>;
  /** What has to be started again. */
  readonly gone?: FleetMember;
}

/** Makes a planned fault happen. Resolves while it lasts, or when it has passed. */
export async function inject(fleet: Fleet, fault: Fault, seed: Seeded): Promise<Injected> {
  switch (fault.kind) {
    case 'kill-backend':
      await fleet.database.killBackend(seed, 'waybill-%');
      return { detail: 'a backend' };
    case 'kill-server':
      await fleet.database.killPostmaster();
      fleet.retarget();
      return { detail: 'the postmaster' };
    case 'pause-server':
      return { detail: `${fleet.database.stopAll()} processes`, heal: after(fault.ms, () => fleet.database.goOn()) };
    default:
      return injectInto(fleet.member(fault.target), fault);
  }
}

type MemberFault = Extract<Fault, { target: string }>;

async function injectInto(member: FleetMember, fault: MemberFault): Promise<Injected> {
  switch (fault.kind) {
    case 'kill':
      await member.kill();
      return { detail: 'killed', gone: member };
    case 'end': {
      const { ms, code } = await member.end();
      if (code !== 0) throw new Error(`${member.name} ended with ${code} on SIGTERM:\n${member.output}`);
      return { detail: `ended in ${ms} ms`, gone: member };
    }
    case 'pause':
      member.stop();
      return { detail: 'stopped', heal: after(fault.ms, () => member.goOn()) };
    case 'cut':
      member.line.cut();
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

function blackHole(member: FleetMember, { ms, ends }: Extract<Fault, { kind: 'black-hole' }>): Injected {
  member.line.black(true);
  return {
    detail: 'black',
    heal: after(ms, () => {
      if (ends === 'cut') member.line.cut();
      member.line.black(false);
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

/** Ends a fault once it has lasted long enough. */
function after(ms: number, end: () => void): () => Promise<void> {
  const endAt = Date.now() + ms;
  return async () => {
    await pause(Math.max(0, endAt - Date.now()));
    end();
  };
}
