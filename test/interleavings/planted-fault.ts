import type { ClientBase } from 'pg';
import { readMigrations } from '../../src/kernel/migrations/migrations.js';
import type { Rewrite } from './paused-pool.js';

/** A protection taken out, either of a function of the kernel or of a statement that its code sends. */
export type PlantedFault = FunctionFault | StatementFault;

interface Planted {
  /** What is taken out, as the end of "finds …". */
  readonly title: string;
  /**
   * A schedule that shows it, as `npm run interleave` printed it: `npm test` tries that one first, and searches where it
   * can't be repeated any more or shows nothing.
   */
  readonly shownBy?: string;
  /** It takes more switches than a search gets to: `npm run interleave` tries `shownBy` first, too. */
  readonly isTooDeepToSearch?: true;
}

/** The function's own text, changed. */
export interface FunctionFault extends Planted {
  /** `kernel.commit` */
  readonly function: string;
  readonly change: (definition: string) => string;
}

/** The statement's text on its way to the server, one part of it replaced. */
export interface StatementFault extends Planted {
  readonly statement: readonly [from: string | RegExp, to: string];
}

/** A planted fault that changes nothing would pass for a protection that nobody needs. */
export class FaultDoesNotApply extends Error {}

/** Replaces a function as the migrations define it. @returns what puts it back. */
export async function plantInFunction(owner: ClientBase, fault: FunctionFault): Promise<() => Promise<unknown>> {
  const original = await definitionOf(fault.function);
  const planted = fault.change(original);
  if (planted === original)
    throw new FaultDoesNotApply(`${fault.title}: ${fault.function} is no longer changed by it.`);
  await owner.query(planted);
  return () => owner.query(original);
}

/** Changes statements that contain the text. `assertUsed` throws when none did. */
export function plantInStatements(fault: StatementFault): { rewrite: Rewrite; assertUsed: () => void } {
  const [from, to] = fault.statement;
  let isUsed = false;
  const rewrite: Rewrite = (text) => {
    const changed = text.replace(from, to);
    isUsed ||= changed !== text;
    return changed;
  };
  const assertUsed = (): void => {
    if (!isUsed) throw new FaultDoesNotApply(`${fault.title}: no statement contains ${String(from)} any more.`);
  };
  return { rewrite, assertUsed };
}

/** A function's current text, without the triggers that call it. */
async function definitionOf(name: string): Promise<string> {
  const { functions } = await readMigrations();
  const text = functions.find((each) => each.name === name)?.text;
  const [definition] = /CREATE OR REPLACE FUNCTION [^]*?AS (\$\w*\$)[^]*?\1/.exec(text ?? '') ?? [];
  if (definition === undefined) throw new FaultDoesNotApply(`migrations defines no ${name} any more.`);
  return definition;
}

/** A change that takes a protection out of a definition. @throws FaultDoesNotApply where it isn't there any more. */
export function without(protection: string, instead = ''): (definition: string) => string {
  return (definition) => {
    if (!definition.includes(protection)) throw new FaultDoesNotApply(`No function has this any more: ${protection}`);
    return definition.replace(protection, () => instead);
  };
}
