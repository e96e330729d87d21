import { existsSync } from 'node:fs';
import { loadEnvFile } from 'node:process';
import { configurationOf, type Configuration } from './configuration.js';

/**
 * The configuration of this process: its environment, with a file `.env` of the working directory under it.
 * The only place that reads process.env. Throws ConfigurationRefused.
 */
export function loadConfiguration(): Configuration {
  if (existsSync('.env')) loadEnvFile('.env');
  return configurationOf(process.env);
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
