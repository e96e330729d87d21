/** A text of a file, and what stands there instead while the fault is planted. */
export interface Edit {
  /** From the root of the repository. */
  readonly file: string;
  /** Occurs exactly once in the file; any run of white space stands for any other, so that formatting may change. */
  readonly find: string;
  readonly replace: string;
}

/** One protection taken out of the program. `npm run mutants` fails unless a spec notices. */
export interface PlantedFault extends Edit {
  /** Unique; also the value of `--only`. */
  readonly name: string;
  /** What the program promises and, with this fault, does not keep. */
  readonly guarantee: string;
  /** More places that are edited together with the first one. */
  readonly and?: readonly Edit[];
  /** The spec files that should notice, the narrowest first. */
  readonly specs: readonly string[];
}

/** The fault's text is not in the file, or it is there more than once: the code has changed, and so must the fault. */
export class EditDoesNotApply extends Error {
  constructor({ file, find }: Edit, occurrences: number) {
    super(`occurs ${occurrences} times, not once, in ${file}: ${find.trim().split('\n')[0]}`);
  }
}

/** All places that a fault edits. */
export function editsOf({ file, find, replace, and = [] }: PlantedFault): readonly Edit[] {
  return [{ file, find, replace }, ...and];
}

/** The text with the edit made. @throws EditDoesNotApply */
export function edited(text: string, edit: Edit): string {
  const words = edit.find.trim().split(/\s+/).map(escaped);
  const pattern = new RegExp(words.join(String.raw`\s+`), 'g');
  const occurrences = [...text.matchAll(pattern)].length;
  if (occurrences !== 1) throw new EditDoesNotApply(edit, occurrences);
  return text.replace(pattern, () => edit.replace);
}

/**
 * The files that a fault changes, with their new text; edits of one file follow each other.
 *
 * @param read the present text of a file; @throws EditDoesNotApply
 */
export function plantedTexts(fault: PlantedFault, read: (file: string) => string): ReadonlyMap<string, string> {
  const texts = new Map<string, string>();
  for (const edit of editsOf(fault)) texts.set(edit.file, edited(texts.get(edit.file) ?? read(edit.file), edit));
  return texts;
}

function escaped(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`);
}
