import { Command } from 'commander';
import type { Environment } from '#config';
import { cli } from '../../src/cli/cli.js';

/** Some commands of `waybill`, run in this process on a database of the spec's own. */
export class CommandLine {
  readonly #own = { ...process.env };

  constructor(
    private readonly commands: readonly ((program: Command) => void)[],
    environment: Environment,
  ) {
    Object.assign(process.env, environment, { LOG_LEVEL: 'silent' });
  }

  /** What it prints. @throws CommanderError for wrong usage, CliExit where it ends with another code than 0 */
  async run(...args: string[]): Promise<string> {
    const printed: string[] = [];
    const { print, report } = cli;
    Object.assign(cli, { print: (line: string) => void printed.push(line), report: () => undefined });
    const program = new Command().exitOverride().configureOutput({ writeErr: () => undefined });
    for (const register of this.commands) register(program);
    for (const each of program.commands.flatMap((one) => [one, ...one.commands]))
      each.exitOverride().configureOutput({ writeErr: () => undefined });
    try {
      await program.parseAsync(args, { from: 'user' });
    } catch (error) {
      throw Object.assign(error as Error, { printed: printed.join('\n') });
    } finally {
      Object.assign(cli, { print, report });
    }
    return printed.join('\n');
  }

  /** What it prints with `--json`. */
  async json<T>(...args: string[]): Promise<T> {
    return JSON.parse(await this.run(...args, '--json')) as T;
  }

  close(): void {
    process.env = this.#own;
  }
}
