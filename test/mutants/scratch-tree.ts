import { cpSync, mkdirSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What a checkout holds besides sources: made, fetched, or the history. */
const NOT_COPIED = new Set(['node_modules', '.git', '.cache', '.data', 'dist', 'coverage']);

/** A copy of the checkout in which faults are planted; the checkout itself is never touched. */
export class ScratchTree {
  private constructor(readonly folder: string) {}

  /** Copies the sources of `root` as they are now. Packages are linked. */
  static create(root: string, folder: string): ScratchTree {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    for (const entry of readdirSync(root).filter((name) => !NOT_COPIED.has(name))) {
      cpSync(join(root, entry), join(folder, entry), { recursive: true, preserveTimestamps: true });
    }
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
    return new ScratchTree(folder);
  }

  read(file: string): string {
    return readFileSync(join(this.folder, file), 'utf8');
  }

  /** Writes files. @returns what makes them what they were before. */
  replace(texts: ReadonlyMap<string, string>): () => void {
    const before = new Map([...texts.keys()].map((file) => [file, this.read(file)]));
    this.#write(texts);
    return () => this.#write(before);
  }

  #write(texts: ReadonlyMap<string, string>): void {
    for (const [file, text] of texts) writeFileSync(join(this.folder, file), text);
  }
}
