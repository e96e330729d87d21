/** A pause that another caller may end early; for one loop, which pauses once at a time. */
export class Pause {
  #end: (() => void) | undefined;

  /** Resolves after so many ms, or when it is ended. */
  async atMost(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#end = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** Ends the pause under way; without one, nothing happens. */
  end(): void {
    this.#end?.();
  }
}
