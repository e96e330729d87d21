import type { Command } from 'commander';
import { printedConfiguration } from '#config';
import { examine } from '../platform/operations/doctor/doctor.js';
import { cli } from './cli.js';
import { report } from './findings.js';

/** `waybill doctor`: what is wrong with this machine or its settings, each with the way out. */
export function registerDoctor(program: Command): void {
  program
    .command('doctor')
    .description('Check this machine, its settings and its database, and print what to fix.')
    .option('--settings', 'print the effective settings, with passwords masked')
    .option('--json', 'print the findings as JSON')
    .action(doctor);
}

async function doctor({ settings, json }: { settings?: boolean; json?: boolean }): Promise<void> {
  if (settings)
    for (const line of printedConfiguration(cli.configuration(() => undefined))) (json ? cli.report : cli.print)(line);
  const findings = await examine((warn) => cli.configuration(warn), cli.report);
  report(findings, json ? { findings } : undefined);
}
