import { InvalidArgumentError, type Command } from 'commander';
import { Clock, ROLES, Secrets, type Role } from '#kernel';
import { openDatabase } from '../kernel/database/open-database.js';
import { DevTokens } from '../kernel/http/index.js';
import { CliExit, cli, EXIT } from './cli.js';

/** `waybill token`: a token for trying things out, on stdout and nothing else. */
export function registerToken(program: Command): void {
  program
    .command('token')
    .description('Print a token that is good for 12 hours (only with AUTH_MODE=dev).')
    .option('-r, --role <role>', `what it may do, repeatable: ${ROLES.join(', ')}`, addRole, [] as Role[])
    .option('-s, --subject <id>', 'who it speaks for; a customer’s is the customer id', 'ada')
    .action(({ role, subject }: { role: Role[]; subject: string }) =>
      printToken(role.length > 0 ? role : ['customer'], subject),
    );
}

async function printToken(roles: readonly Role[], subject: string): Promise<void> {
  const configuration = cli.configuration();
  if (configuration.auth.mode !== 'dev') {
    throw new CliExit(EXIT.failed, 'This system takes tokens of AUTH_ISSUER only; ask there, or set AUTH_MODE=dev.');
  }
  const database = await openDatabase(configuration, cli.say);
  try {
    const tokens = new DevTokens(new Secrets(database.pools), new Clock());
    cli.print(await tokens.issue({ subject, roles }));
  } finally {
    await database.close();
  }
}

function addRole(word: string, roles: readonly Role[]): Role[] {
  const role = ROLES.find((known) => known === word);
  if (role === undefined) throw new InvalidArgumentError(`There is no such role. Choose one of: ${ROLES.join(', ')}.`);
  return [...roles, role];
}
