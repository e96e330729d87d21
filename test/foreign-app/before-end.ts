/** Lets the test kill the process when the handler has done its work and nothing of it is committed. */
export class BeforeEnd {
  constructor(private readonly stays: boolean) {}

  reached(): Promise<void> {
    if (!this.stays) return Promise.resolve();
    process.stdout.write('handler is at its end\n');
    return new Promise<void>(() => undefined);
  }
}
