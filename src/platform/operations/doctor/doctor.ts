import { ConfigurationRefused, maskedUrl, type Configuration } from '#config';
import { examineDatabase } from '../../database/examine.js';
import { databaseFindings } from './database-findings.js';
import { examineMachine, examineNode } from './examine-machine.js';
import { examinePort } from './examine-port.js';
import { failure, ok, warning, type Finding } from './finding.js';

/** Connections besides the pools for commands, queries and subscriptions. */
const CONTROL_LISTENER_AND_HEALTH = 4;

type LoadConfiguration = (warn: (warning: string) => void) => Configuration;

/** Checks this machine, its settings and its database, and changes none of them. */
export async function examine(load: LoadConfiguration, report: (text: string) => void): Promise<Finding[]> {
  const findings = examineNode();
  const configuration = settings(load, findings);
  if (configuration === undefined) return findings;
  const machine = await examineMachine(configuration);
  findings.push(...machine, await examinePort(configuration));
  // Without its programs or its folder the embedded database would only report the same again.
  if (machine.some(({ state }) => state === 'failure')) return findings;
  return [...findings, ...(await database(configuration, report))];
}

function settings(load: LoadConfiguration, findings: Finding[]): Configuration | undefined {
  try {
    const configuration = load((text) => findings.push(warning(text, 'Correct the name, or remove it.')));
    findings.push(ok(`Settings are valid (${configuration.runtime.environment})`));
    return configuration;
  } catch (error) {
    if (!(error instanceof ConfigurationRefused)) throw error;
    findings.push(...error.reasons.map((reason) => failure('A setting is invalid', reason)));
    return undefined;
  }
}

async function database(configuration: Configuration, report: (text: string) => void): Promise<Finding[]> {
  const { url, poolSize, workerPoolSize } = configuration.database;
  const needed = 2 * poolSize + workerPoolSize + CONTROL_LISTENER_AND_HEALTH;
  const place = url === undefined ? configuration.runtime.dataDir : maskedUrl(url);
  try {
    return databaseFindings(await examineDatabase(configuration, report), place, needed);
  } catch (error) {
    return [failure(`The database at ${place} can't be used`, error instanceof Error ? error.message : String(error))];
  }
}
