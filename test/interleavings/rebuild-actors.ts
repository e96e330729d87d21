import type { ClientBase } from 'pg';
import { UnitOfWork } from '../../src/kernel/commands/unit-of-work.js';
import { classify } from '../../src/kernel/database/errors.js';
import { lockStream } from '../../src/kernel/event-log/sql/lock-stream.js';
import type { ToyApp } from '../support/toy-app.js';
import { CountCommand, Counters, streamOf } from '../support/toys.js';
import { brokenStreams, countOf } from './log-rows.js';
import { rebuildBy } from './rebuild-releases.js';
import type { ActorWork } from './schedule.js';

/** The commands of one schedule on one counter. */
interface Commands {
  begun: number;
  succeeded: number;
  refused: number;
}
const commands = new Map<string, Commands>();

export function forgetCommands(): void {
  commands.clear();
}

/** The counters that got commands. */
export function commandedIds(): string[] {
  return [...commands.keys()];
}

/** What a client is told with 503. */
const REFUSALS = ['view-rebuilding', 'view-outdated'];

export interface CommandOptions {
  readonly tenant?: string;
  /** Codes of the errors that are answers, too; default: those with which a view refuses its writers. */
  readonly mayRefuse?: readonly string[];
  readonly does?: (app: ToyApp, id: string) => Promise<void>;
}

/** One command on the counter. Who is refused doesn't try again. */
export async function command(app: ToyApp, id: string, options: CommandOptions = {}): Promise<void> {
  const { tenant = 'default', mayRefuse = REFUSALS, does } = options;
  const these = commands.get(id) ?? { begun: 0, succeeded: 0, refused: 0 };
  commands.set(id, these);
  these.begun += 1;
  try {
    if (does === undefined) await app.run(new CountCommand(id, 1), { tenant });
    else await app.inCommand(() => does(app, id), { tenant });
    these.succeeded += 1;
  } catch (error) {
    these.refused += 1;
    if (!mayRefuse.includes((error as { code: string }).code)) throw error;
  }
}

export async function clear(app: ToyApp, id: string): Promise<void> {
  const counter = await app.get(Counters).load(id);
  counter.clear();
  await app.get(Counters).save(counter);
}

/** As the third try of a command does it: the stream is locked before it is read. */
export async function countLocked(app: ToyApp, id: string): Promise<void> {
  await lockStream(await UnitOfWork.required('A lock').transaction.client(), 'default', streamOf(id));
  const counter = await app.get(Counters).load(id);
  counter.count(1);
  await app.get(Counters).save(counter);
}

export function counting(name: string, app: () => ToyApp, id: string, options?: CommandOptions): ActorWork {
  return { name, run: () => command(app(), id, options) };
}

/** @param mayFail code, or kind as `classify` tells it, of an error that may end it */
export function rebuilding(name: string, app: () => ToyApp, mayFail?: string): ActorWork {
  const run = async (): Promise<void> => {
    try {
      await rebuildBy(app());
    } catch (error) {
      if (![(error as { code?: unknown }).code, classify(error).kind].includes(mayFail)) throw error;
    }
  };
  return { name, run };
}

/** What a command has answered is in the log, and what was refused isn't. One that crashed may be there. */
export async function wrongEvents(owner: ClientBase, given: Readonly<Record<string, number>>): Promise<string[]> {
  const wrong = await brokenStreams(owner);
  for (const [id, { begun, succeeded, refused }] of commands) {
    const stored = (await countOf(owner, streamOf(id))) - (given[id] ?? 0);
    if (stored < succeeded || stored > begun - refused)
      wrong.push(`${succeeded} of ${begun} commands on ${id} succeeded, ${refused} were refused, ${stored} are stored`);
  }
  return wrong;
}
