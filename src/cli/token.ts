import { InvalidArgumentError, type Command } from 'commander';
import { ROLES, type Role } from '#app';
import { Clock, Secrets } from '#kernel';
import { openDatabase } from '../platform/database/open-database.js';
import { DevTokens, type TokenRequest } from '../platform/http/auth/dev-tokens.js';
import { CliExit, cli, EXIT } from './cli.js';

/** `waybill token`: a token for trying things out, on stdout and nothing else. */
export function registerToken(program: Command): void {
  program
    .command('token')
    .description('Print a token that is valid for 12 hours (only with AUTH_MODE=dev).')
    .option('-r, --role <role>', `role, repeatable: ${ROLES.join(', ')}`, addRole, [] as Role[])
    .option('-s, --subject <id>', 'subject; for a customer the customer id', 'ada')
    .option('-t, --tenant <tenant>', 'tenant; without it, the default tenant', tenantIn)
    .action(({ role, ...request }: { role: Role[]; subject: string; tenant?: string }) =>
      printToken({ ...request, roles: role.length > 0 ? role : ['customer'] }),
    );
}

async function printToken(request: TokenRequest): Promise<void> {
  const configuration = cli.configuration();
  if (configuration.auth.mode !== 'dev') {
    throw new CliExit(
      EXIT.failed,
      'The server accepts only tokens of AUTH_ISSUER. Get one there, or set AUTH_MODE=dev.',
    );
  }
  const database = await openDatabase(configuration, cli.report);
  try {
    const tokens = new DevTokens(new Secrets(database.pools), new Clock());
    cli.print(await tokens.issue(request));
  } finally {
    await database.close();
  }
}

function addRole(word: string, roles: readonly Role[]): Role[] {
  const role = ROLES.find((known) => known === word);
  if (role === undefined) throw new InvalidArgumentError(`Unknown role. Use one of: ${ROLES.join(', ')}.`);
  return [...roles, role];
}

function tenantIn(word: string): string {
  if (!/^[A-Za-z0-9._-]{1,64}$/.test(word))
    throw new InvalidArgumentError('Invalid tenant. Use 1 to 64 of the characters A-Z a-z 0-9 . _ -');
  return word;
}
