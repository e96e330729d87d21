import { ofOwnConnection } from './database/errors.js';
import { setTimeout as pause } from 'node:timers/promises';

/**
 * The places at which a process can be made to fail. What happens inside one SQL statement (the idempotency
 * row, the streams, the events) has none: the statement happens as a whole or not at all.
 */
export const FAILPOINTS = [
  'cmd.before-tx',
  'cmd.before-commit',
  'cmd.after-append',
  'cmd.after-commit-before-reply',
  'seq.before-call',
  'seq.after-call',
  'sub.after-fetch',
  'sub.before-commit',
  'sub.after-handler',
  'sub.after-commit',
  'lease.after-acquire',
  'lease.before-renew',
  'outgoing.after-claim',
  'effect.after-claim',
  'effect.after-call-before-record',
  'rebuild.before-swap',
  'rebuild.after-swap',
  'migrate.before-step',
  'migrate.after-step',
  'migrate.after-functions',
  'shutdown.after-ready-off',
  'shutdown.mid-drain',
] as const;

export type Failpoint = (typeof FAILPOINTS)[number];

/**
 * - `kill`: the process ends at once, as by kill -9.
 * - `stop`: the process stands still until an operator or a test sends SIGCONT: a long pause of the machine.
 * - `block:ms`: the event loop stands still for so long.
 * - `delay:ms`: only what passes here waits so long.
 * - `throw:code`: what passes here fails as if PostgreSQL had reported it; `throw:error` as any other error.
 */
type Action =
  | { readonly kind: 'kill' | 'stop' }
  | { readonly kind: 'block' | 'delay'; readonly ms: number }
  | { readonly kind: 'throw'; readonly code: string };

interface Armed {
  readonly action: Action;
  /** Passings left before it happens, once. */
  left: number;
}

const SHAPE =
  /^([a-z-]+\.[a-z-]+)=(?:(kill|stop)|(block|delay):(\d{1,6})|throw:([0-9A-Z]{5}|error))(?:@([1-9]\d{0,5}))?$/;

/** Undefined while nothing is armed, which in production is always. */
let armed: Map<string, Armed> | undefined;

/**
 * Arms failpoints for this process; each happens once, then never again. Replaces what was armed.
 *
 * @param plan `name=action` or `name=action@n` for the n-th passing, separated by semicolons:
 *   `cmd.before-commit=kill@3;sub.after-handler=throw:40001`. Empty: none.
 * @throws Error naming the part that can't be understood.
 */
export function armFailpoints(plan: string): void {
  const parts = plan.split(';').filter((part) => part.trim() !== '');
  armed = parts.length === 0 ? undefined : new Map(parts.map((part) => parse(part.trim())));
}

/** Whether a text can be armed. */
export function isFailpointPlan(plan: string): boolean {
  const parts = plan.split(';').filter((part) => part.trim() !== '');
  return parts.every((part) => {
    const name = SHAPE.exec(part.trim())?.[1];
    return name !== undefined && (FAILPOINTS as readonly string[]).includes(name);
  });
}

/** Does nothing, unless this place is armed. */
export function failpoint(name: Failpoint): Promise<void> | undefined {
  if (armed === undefined) return undefined;
  const found = armed.get(name);
  if (found === undefined) return undefined;
  found.left -= 1;
  if (found.left > 0) return undefined;
  armed.delete(name);
  return happen(name, found.action);
}

function parse(part: string): [name: string, armed: Armed] {
  if (!isFailpointPlan(part)) {
    throw new Error(
      `"${part}" is no failpoint. Write name=kill@3, name=delay:200, …; names: ${FAILPOINTS.join(', ')}.`,
    );
  }
  const [, name, plain, timed, ms, code, nth = '1'] = SHAPE.exec(part)!;
  const action = plain
    ? { kind: plain as 'kill' | 'stop' }
    : timed
      ? { kind: timed as 'block' | 'delay', ms: Number(ms) }
      : { kind: 'throw' as const, code: code! };
  return [name!, { action, left: Number(nth) }];
}

async function happen(name: Failpoint, action: Action): Promise<void> {
  switch (action.kind) {
    case 'kill':
    case 'stop':
      process.kill(process.pid, action.kind === 'kill' ? 'SIGKILL' : 'SIGSTOP');
      // A signal to itself arrives a moment later; nothing may happen until then.
      block(50);
      return;
    case 'block':
      return block(action.ms);
    case 'delay':
      await pause(action.ms);
      return;
    case 'throw':
      throw failure(name, action.code);
    default:
      action satisfies never;
  }
}

function block(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

function failure(name: Failpoint, code: string): Error {
  const error = new Error(`failpoint ${name}`);
  // As the database would report it.
  return code === 'error' ? error : (ofOwnConnection(Object.assign(error, { code, severity: 'ERROR' })) as Error);
}
