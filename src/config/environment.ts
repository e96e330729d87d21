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
