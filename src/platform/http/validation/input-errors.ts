import { invalidInputs, MAX_INPUT_ERRORS, type InputError } from '../problems/problem-error.js';

/** Collects what is wrong, up to the number that is answered: no client needs the 34,000th. */
export class InputErrors {
  readonly #all: InputError[] = [];

  get isFull(): boolean {
    return this.#all.length >= MAX_INPUT_ERRORS;
  }

  get count(): number {
    return this.#all.length;
  }

  add(pointer: string, code: string, detail: string): void {
    if (!this.isFull) this.#all.push({ pointer, code, detail });
  }

  /** @throws ProblemError `validation-failed` when anything was added. */
  throwIfAny(): void {
    if (this.#all.length > 0) throw invalidInputs(this.#all);
  }
}
