/** Stores commands to be executed later, for callers who'd rather not wait. */
export interface CommandDeferral {
  /**
   * Stores the command under the caller's idempotency key.
   *
   * @returns the stored result where the key was answered by an executed command before; undefined, at once, when this
   * command can't be stored and is to be executed.
   * @throws CommandAccepted once it is stored, by this call or by an earlier one with the same key.
   */
  defer(command: object): Promise<unknown> | undefined;
}
