/**
 * What happens next in a schedule:
 * - `run`: a paused statement of the actor is executed, and the actor goes on until its next one.
 * - `lose`: the statement is executed, but the connection breaks before its answer arrives.
 * - `crash`: the actor's process ends.
 */
export interface Choice {
  readonly kind: 'run' | 'lose' | 'crash';
  /** Label of the actor: A, B, … */
  readonly actor: string;
  /** Which of its paused statements, from 1 on. */
  readonly statement: number;
}

const MARK = { run: '', lose: '?', crash: '!' } as const;

/** `A`, `A2` (its second paused statement), `A?` (the answer is lost), `A!` (it crashes). */
export function notationOf({ kind, actor, statement }: Choice): string {
  return `${actor}${statement === 1 ? '' : statement}${MARK[kind]}`;
}

/** @throws Error for a text that isn't a schedule. */
export function choicesIn(notation: string): Choice[] {
  if (!/^([A-Z]\d*[?!]?)+$/.test(notation)) throw new Error(`"${notation}" is no schedule. Write ABBA?B!`);
  return [...notation.matchAll(/([A-Z])(\d*)([?!]?)/g)].map(([, actor, statement, mark]) => ({
    kind: mark === '?' ? 'lose' : mark === '!' ? 'crash' : 'run',
    actor: actor!,
    statement: Number(statement || 1),
  }));
}
