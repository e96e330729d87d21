import { configurationOf, type Configuration } from './configuration.js';
import { readEnvFile } from './env-file.js';
import { unknownSettings } from './unknown-settings.js';

/** Where settings are read from besides the environment: this file of the working directory. */
const ENV_FILE = '.env';

/**
 * The configuration of this process: its environment, with a file `.env` of the working directory under it.
 * The only place that reads process.env.
 *
 * @param warn called for variables that set nothing, such as misspelt ones.
 * @throws ConfigurationRefused
 */
export function loadConfiguration(warn: (warning: string) => void = () => undefined): Configuration {
  const file = readEnvFile(ENV_FILE);
  for (const warning of unknownSettings(process.env, { name: ENV_FILE, variables: file })) warn(warning);
  for (const [variable, value] of Object.entries(file)) process.env[variable] ??= value;
  return configurationOf(process.env);
}

/**
 * Takes the variables that PostgreSQL's clients read (PGSSLMODE, PGOPTIONS, …) out of this process: they are meant for a
 * server of the user's, and would make the embedded one unreachable.
 */
export function dropClientVariables(): void {
  for (const variable of Object.keys(process.env)) if (/^PG[A-Z]/.test(variable)) delete process.env[variable];
}

/**
 * The server that specs clone their databases in, as a user who may create databases and roles. Your own, or set by the
 * test run once it has started one.
 */
export function testServerUrl(): string | undefined {
  return process.env['WAYBILL_TEST_DATABASE_URL'] || undefined;
}

/** `host:port` of the pooler in front of that server, where a test run has put one there. */
export function testPoolerAddress(): string | undefined {
  return process.env['WAYBILL_TEST_POOLER_ADDRESS'] || undefined;
}
